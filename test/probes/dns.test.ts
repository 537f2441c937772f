import { encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { encodeQuestion, idOf, looseEnd, messageReader, readAnswer } from '../../src/probes/dns.ts';

const question = { name: 'db.demo.svc.cluster.local', type: 'A' } as const;
const response = (over: Parameters<typeof encode>[0], rcode = 0) =>
  Uint8Array.from(
    encode({ type: 'response', id: 7, flags: rcode, questions: [{ name: question.name, type: 'A' }], ...over }),
  );

test('a question goes out with its length in front and its number inside', () => {
  const bytes = encodeQuestion(258, question);
  expect((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)).toBe(bytes.length - 2);
  expect(idOf(bytes.subarray(2))).toBe(258);
});

test('messages are cut out of the stream wherever it was cut', () => {
  const [one, two] = [encodeQuestion(1, question), encodeQuestion(2, { ...question, type: 'AAAA' })];
  const stream = Uint8Array.from([...one, ...two]);
  for (let at = 0; at <= stream.length; at += 1) {
    const read = messageReader();
    expect([...read(stream.subarray(0, at)), ...read(stream.subarray(at))].map(idOf)).toEqual([1, 2]);
  }
});

describe('an answer', () => {
  test('with an address', () => {
    const message = response({ answers: [{ name: question.name, type: 'A', data: '10.96.0.7' }] });
    expect(readAnswer(message, question)).toEqual({
      outcome: 'NOERROR',
      answers: [{ type: 'A', data: '10.96.0.7' }],
    });
  });

  test.each([
    [2, 'SERVFAIL'],
    [3, 'NXDOMAIN'],
    [5, 'REFUSED'],
  ])('with code %i is %s', (code, outcome) => {
    expect(readAnswer(response({}, code), question)).toEqual({ outcome, answers: [] });
  });

  test('without data is neither an error nor an address', () => {
    expect(readAnswer(response({}), question)).toEqual({ outcome: 'NOERROR', answers: [] });
  });

  test('whose letters the server has changed in case', () => {
    expect(readAnswer(response({ questions: [{ name: 'DB.demo.svc.Cluster.local', type: 'A' }] }), question)).toEqual({
      outcome: 'NOERROR',
      answers: [],
    });
  });

  test('that leads on by an alias only', () => {
    const alias = { name: question.name, type: 'CNAME', data: 'db.example.org' } as const;
    const answer = readAnswer(response({ answers: [alias] }), question);
    expect(typeof answer === 'object' && looseEnd(answer)).toBe('db.example.org');
    const whole = readAnswer(
      response({ answers: [alias, { name: 'db.example.org', type: 'A', data: '192.0.2.1' }] }),
      question,
    );
    expect(typeof whole === 'object' && looseEnd(whole)).toBe(undefined);
  });
});

describe('what is no answer is a reason, and never throws', () => {
  test('another question', () => {
    expect(
      readAnswer(response({ questions: [{ name: 'other.demo.svc.cluster.local', type: 'A' }] }), question),
    ).toContain('another question');
  });

  test('a question', () => {
    expect(readAnswer(encodeQuestion(7, question).subarray(2), question)).toContain('a question');
  });

  test('an unusual code', () => {
    expect(readAnswer(response({}, 4), question)).toContain('NOTIMP');
  });

  test('names that point at themselves, at each other, and beyond the end', () => {
    const header = [0, 7, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0];
    for (const name of [
      [0xc0, 12],
      [0xc0, 14, 0xc0, 12],
      [0xc0, 0xff],
      [63, 97],
      [0x80, 1],
    ])
      expect(typeof readAnswer(Uint8Array.from([...header, ...name, 0, 1, 0, 1]), question)).toBe('string');
  });

  test('any beginning of an answer, and any answer with a changed byte', () => {
    const whole = response({ answers: [{ name: question.name, type: 'A', data: '10.96.0.7' }] });
    for (let length = 0; length < whole.length; length += 1)
      expect(['string', 'object']).toContain(typeof readAnswer(whole.subarray(0, length), question));
    for (let at = 0; at < whole.length; at += 1)
      for (const value of [0x00, 0x3f, 0xc0, 0xff]) {
        const changed = Uint8Array.from(whole);
        changed[at] = value;
        expect(['string', 'object']).toContain(typeof readAnswer(changed, question));
      }
  });
});
