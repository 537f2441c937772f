import type { TestProject } from 'vitest/node';
import { clusterOfRun } from '../cluster-of-run.ts';
import { startNode, stopNode } from './start.ts';

/** A cluster with one real node, its DNS and the images that Pods may ask for. */
export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return clusterOfRun(project, 'svcdoctor-node-test-', startNode, stopNode);
}
