import type { ConfigMap } from '../k8s/objects.ts';
import { confirm, kubectl, type Confirm } from './define.ts';

/** Prints the Corefile, and nothing around it. */
export const confirmInCorefile = (configMap: ConfigMap, namespace: string, expect: string): Confirm =>
  confirm(
    kubectl('get', 'configmap', configMap.metadata.name, '-n', namespace, '-o', 'jsonpath={.data.Corefile}'),
    expect,
  );
