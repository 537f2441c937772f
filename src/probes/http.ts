/** One request as the kubelet sends it for an HTTP probe. */
export interface HttpQuestion {
  readonly path: string;
  /** `Host`, as the kubelet has it: the Pod's address and port. */
  readonly host: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** Source: pkg/probe/http/request.go. A line break in a header would make it two, so such a header is left out. */
export function encodeGet({ path, host, headers }: HttpQuestion): Uint8Array {
  const own = headers.filter(({ name, value }) => !/[\r\n]/.test(name + value));
  const named = (wanted: string) => own.find(({ name }) => name.toLowerCase() === wanted);
  const lines = [
    `GET ${path.replaceAll(/[\s]/g, '%20')} HTTP/1.1`,
    `Host: ${named('host')?.value ?? host}`,
    ...(named('user-agent') ? [] : ['User-Agent: kube-probe/svcdoctor']),
    ...(named('accept') ? [] : ['Accept: */*']),
    ...own
      .filter(({ name }) => !/^(host|connection|content-length|transfer-encoding)$/i.test(name))
      .map(({ name, value }) => `${name}: ${value}`),
    'Connection: close',
  ];
  return new TextEncoder().encode(`${lines.join('\r\n')}\r\n\r\n`);
}

/** The status in the beginning of an answer: undefined as long as it is not there, `not HTTP` where it will never be. */
export function statusIn(beginning: string): number | 'not HTTP' | undefined {
  const status = /^HTTP\/\d(?:\.\d)? (\d{3})[ \r]/.exec(beginning)?.[1];
  // Informational answers come before the one that counts.
  if (status?.startsWith('1')) {
    const end = beginning.indexOf('\r\n\r\n');
    return end < 0 ? undefined : statusIn(beginning.slice(end + 4));
  }
  if (status !== undefined) return Number(status);
  const start = 'HTTP/';
  return beginning.startsWith(start.slice(0, beginning.length)) && beginning.length < 40 ? undefined : 'not HTTP';
}
