/** Writes a report to standard output. A reader that has seen enough (`| head`) ends it quietly. */
export async function writeOut(text: string | Iterable<string>): Promise<void> {
  for (const piece of typeof text === 'string' ? [text] : text) await writePiece(piece);
}

async function writePiece(text: string): Promise<void> {
  if (text === '') return;
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve() : reject(error));
    process.stdout.once('error', failed);
    process.stdout.write(text, (error) => {
      // The event of the same error comes after this callback: stay until it has passed.
      if (error) return setImmediate(() => failed(error));
      process.stdout.off('error', failed);
      resolve();
    });
  });
}
