import type { KubeObject } from './objects.ts';

/** One place where the API server is told to call a Service. */
export interface ApiCallback {
  readonly object: KubeObject;
  /** `webhook k-rail.example.com`, `API v1beta1.metrics.k8s.io`. */
  readonly what: string;
  /** `webhooks[0].clientConfig.service`. */
  readonly field: string;
  readonly name: string;
  readonly namespace: string;
  /** 443 where nothing is written. Source: admissionregistration/v1, ServiceReference.port. */
  readonly port: number;
  readonly written: boolean;
  /** Requests fail with the call; else they go on without it. */
  readonly blocks: boolean;
}

interface ServiceReference {
  readonly name?: string;
  readonly namespace?: string;
  readonly port?: number;
}

/** What we read of the four kinds: each keeps its reference elsewhere. */
interface Callbacks extends KubeObject {
  readonly webhooks?:
    | readonly {
        readonly name?: string;
        readonly failurePolicy?: string;
        readonly clientConfig?: { readonly service?: ServiceReference };
      }[]
    | null;
  readonly spec?: {
    readonly service?: ServiceReference | null;
    readonly conversion?: { readonly webhook?: { readonly clientConfig?: { readonly service?: ServiceReference } } };
  };
}

/** The Services that a webhook configuration, an APIService or a CustomResourceDefinition has the API server call. */
export function callbacksOf(object: Callbacks): readonly ApiCallback[] {
  const call = (what: string, field: string, service: ServiceReference | null | undefined, blocks: boolean) =>
    service?.name === undefined || service.namespace === undefined
      ? []
      : [
          {
            object,
            what,
            field,
            name: service.name,
            namespace: service.namespace,
            port: service.port ?? 443,
            written: service.port !== undefined,
            blocks,
          },
        ];
  const { webhooks, spec, metadata } = object;
  return [
    ...(webhooks ?? []).flatMap(({ name = '', failurePolicy = 'Fail', clientConfig }, index) =>
      call(
        `webhook ${name}`,
        `webhooks[${index}].clientConfig.service`,
        clientConfig?.service,
        failurePolicy === 'Fail',
      ),
    ),
    ...(object.kind === 'APIService' ? call(`API ${metadata.name}`, 'spec.service', spec?.service, true) : []),
    ...(object.kind === 'CustomResourceDefinition'
      ? call(
          `conversion webhook of ${metadata.name}`,
          'spec.conversion.webhook.clientConfig.service',
          spec?.conversion?.webhook?.clientConfig?.service,
          true,
        )
      : []),
  ];
}
