import check from '../../../src/checks/name/malformed.ts';
import { examples } from '../../kit/examples.ts';
import { told } from '../../kit/told.ts';

examples(check, {
  'svc is missing': {
    ...told('orders-db.demo.cluster.local'),
    says: { summary: ['svc is missing'], certainty: 'certain' },
  },
  'svc before the namespace': {
    ...told('orders-db.svc.demo'),
    says: { summary: ['svc stands before'], certainty: 'certain' },
  },
  'the namespace is missing': {
    ...told('orders-db.svc.cluster.local'),
    says: { summary: ['the namespace demo is missing'], certainty: 'certain' },
  },
  'an Ingress host that is made of both': { ...told('orders-db.demo.example.com'), says: 'passed' },
  'the short form with svc': { ...told('orders-db.demo.svc'), says: 'passed' },
});
