import { expect, test } from 'vitest';
import { entriesIn } from '../../src/k8s/config-text.ts';

const shown = (text: string) => entriesIn(text).map(({ key, value, line }) => `${line} ${key}=${value}`);

test('YAML: dotted keys, lists under their key, comments left out', () => {
  const text =
    'spring:\n  datasource:\n    url: jdbc:postgresql://db:5432/x # prod\n  hosts:\n  - a:1\n  - b:2\nname: "web"\n';
  expect(shown(text)).toEqual([
    '3 spring.datasource.url=jdbc:postgresql://db:5432/x',
    '5 spring.hosts=a:1',
    '6 spring.hosts=b:2',
    '7 name=web',
  ]);
});

test('properties, INI and a shell script', () => {
  expect(shown('# old\ndb.host=db\nexport DB_PORT=5432\n[redis]\nhost = redis\n')).toEqual([
    '2 db.host=db',
    '3 DB_PORT=5432',
    '5 redis.host=redis',
  ]);
});

test('JSON, on one line or on several', () => {
  expect(shown('{"db":{"host":"db","port":5432}}')).toEqual(['1 db.host=db', '1 db.port=5432']);
  expect(shown('{\n  "db": {\n    "host": "db",\n    "port": 5432\n  }\n}')).toEqual(
    expect.arrayContaining(['3 db.host=db', '4 db.port=5432']),
  );
});

test('directives of nginx, each on its line or all on one', () => {
  expect(shown('server {\n  proxy_pass http://api:80;\n}')).toContain('2 server.proxy_pass=http://api:80');
  expect(shown('location /api { proxy_pass http://api:80; }')).toContain('1 proxy_pass=http://api:80');
});
