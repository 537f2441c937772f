import check from '../../../src/checks/client/unexpanded-variable.ts';
import { caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/postgres';

examples(check, {
  'a variable that is defined too late': {
    ...caller({ DATABASE_URL: 'postgres://$(DB_HOST):5432/app', DB_HOST: 'postgres' }, postgres),
    target,
    says: {
      summary: ['DATABASE_URL', '$(DB_HOST)', 'only after it'],
      certainty: 'certain',
      evidence: ['DB_HOST, defined after DATABASE_URL'],
    },
  },
  'a variable that nobody defines': {
    ...caller({ DB_HOST: '$(PG_HOST)' }, postgres),
    target,
    says: { summary: ['$(PG_HOST)', 'no variable PG_HOST'], certainty: 'certain' },
  },
  'a variable that may be in a Secret': {
    ...caller({ DB_HOST: '$(PG_HOST)' }, postgres, { envFrom: [{ secretRef: { name: 'db' } }] }),
    target,
    says: { summary: ['$(PG_HOST)'], certainty: 'possible' },
  },
  'a variable that is defined before': {
    ...caller({ DB_HOST: 'postgres', DATABASE_URL: 'postgres://$(DB_HOST):5432/app' }, postgres),
    target,
    says: 'passed',
  },
  'an escaped dollar sign': { ...caller({ DB_OPTIONS: '$$(not a variable)' }, postgres), target, says: 'passed' },
  'a setting of something else': { ...caller({ SMTP_HOST: '$(MAIL)' }, postgres), target, says: 'passed' },
});
