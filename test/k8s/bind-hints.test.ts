import { expect, test } from 'vitest';
import { bindHintsOf } from '../../src/k8s/bind-hints.ts';

const words = (line: string) =>
  bindHintsOf({ name: 'app', command: line.split(' ') }).map(({ address, port }) => `${address}:${port ?? ''}`);

test.each([
  ['uvicorn main:app', '127.0.0.1:8000'],
  ['uvicorn main:app --port 9000', '127.0.0.1:9000'],
  ['flask --app hello run', '127.0.0.1:5000'],
  ['gunicorn -b 127.0.0.1:8000 app:app', '127.0.0.1:8000'],
  ['gunicorn --bind=localhost:8080 app:app', '127.0.0.1:8080'],
  ['php -S localhost:8000 -t public', '127.0.0.1:8000'],
  ['python manage.py runserver 127.0.0.1:8000', '127.0.0.1:8000'],
  ['node server.js --host=::1 --port=3000', '::1:3000'],
  ['prometheus --web.listen-address=127.0.0.1:9090', '127.0.0.1:9090'],
  ['npx vite preview', '127.0.0.1:5173'],
  ['rails server', '127.0.0.1:3000'],
  ['postgres -c listen_addresses=127.0.0.1', '127.0.0.1:'],
  ['postgres -p 5433 --listen_addresses=localhost,::1', '127.0.0.1:5433'],
])('%s binds %s', (line, bound) => expect(words(line)).toEqual([bound]));

test.each([
  'uvicorn main:app --host 0.0.0.0',
  'postgres -c listen_addresses=*',
  'postgres -c listen_addresses=127.0.0.1,10.244.0.7',
  'postgres -c listen_addresses=127.0.0.1 -c listen_addresses=*',
  'gunicorn -b 0.0.0.0:8000 app:app',
  'gunicorn -c gunicorn.conf.py app:app',
  'rails server -b 0.0.0.0',
  'psql -h 127.0.0.1.example.com',
  'curl http://localhost:8080/health',
  'nginx -g daemon off;',
  'python manage.py runserver 0.0.0.0:8000',
])('%s does not', (line) => expect(words(line)).toEqual([]));
