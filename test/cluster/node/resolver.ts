import { createSocket } from 'node:dgram';

/**
 * The resolver that a node is configured with, in a world in which no name exists. Without one every question for a
 * name from outside would end in a timeout, and there are many: a client's search list leads outside at its end.
 */
export function answerThatNoNameExists(address: string): void {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address: client }) => {
    const answer = noSuchName(query);
    if (answer) socket.send(answer, port, client);
  });
  socket.bind(53, address);
}

const headerLength = 12;

/** The header says: an answer, recursion available, no such name (RFC 1035, 4.1.1); the question follows, nothing else. */
function noSuchName(query: Buffer): Buffer | undefined {
  const nameEnd = query.indexOf(0, headerLength);
  if (nameEnd === -1) return undefined;
  const answer = Buffer.from(query.subarray(0, nameEnd + 5));
  answer.writeUInt16BE(0x8183, 2);
  answer.writeUInt16BE(1, 4);
  answer.fill(0, 6, headerLength);
  return answer;
}
