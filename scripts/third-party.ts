import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Metafile } from 'esbuild';
import packageJson from '../package.json' with { type: 'json' };

/** A package of which something is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** In SPDX's terms. */
  readonly license: string;
  /** What it demands to be passed on: its licence, and its notices where it has some. */
  readonly texts: readonly string[];
}

/** The packages of which at least a byte is in what esbuild wrote, by name and version. Throws where one has no licence or no text of it. */
export function packagesIn(metafiles: readonly Metafile[]): readonly BundledPackage[] {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.entries(output.inputs)),
  );
  const folders = new Set(
    inputs.flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? (/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []) : [],
    ),
  );
  // The two bundles may hold the same version of one, from different folders.
  const packages = new Map([...folders].map(packageAt).map((found) => [`${found.name}@${found.version}`, found]));
  return [...packages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}

function packageAt(folder: string): BundledPackage {
  const root = join(import.meta.dirname, '..', folder);
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as BundledPackage;
  const textOf = (file: string) => readFileSync(join(root, file), 'utf8').trim();
  const files = readdirSync(root).sort();
  const own = files.filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file)).map(textOf);
  const texts =
    own.length > 0
      ? own
      : files.filter((file) => /^readme\.md$/i.test(file)).flatMap((file) => sectionOf(textOf(file)));
  if (!license || texts.length === 0) throw new Error(`${folder} has no licence that could be passed on`);
  return { name, version, license, texts };
}

/** Some give their licence in the README alone. */
const sectionOf = (readme: string): readonly string[] => {
  const [, text = ''] = /^#+ *licen[cs]e *$([^]*?)(?=^#|$(?![^]))/im.exec(readme) ?? [];
  return text.trim().length > 200 ? [text.trim()] : [];
};

/** What the licences ask whoever passes the bundle on to say: each package with its texts. */
export function licencesOf(packages: readonly BundledPackage[]): string {
  const rule = '-'.repeat(80);
  return [
    'svcdoctor contains parts of the packages below, under their own licences.',
    ...packages.map(
      ({ name, version, license, texts }) => `${rule}\n${name} ${version} (${license})\n\n${texts.join('\n\n')}`,
    ),
    '',
  ].join('\n\n');
}

/** The bill of materials in CycloneDX JSON. It holds no time and no random number: the same packages give the same bytes. */
export function billOfMaterials(packages: readonly BundledPackage[]): string {
  const { Component } = Models;
  const { ComponentType } = Enums;
  const root = componentFor(packageJson, ComponentType.Application);
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: root }) });
  for (const each of packages) {
    const component: InstanceType<typeof Component> = componentFor(each, ComponentType.Library);
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function componentFor(
  { name, version, license }: Omit<BundledPackage, 'texts'>,
  type: Enums.ComponentType,
): Models.Component {
  const [first = '', second] = name.split('/');
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return new Models.Component(type, second ?? first, {
    ...(second === undefined ? {} : { group: first }),
    version,
    purl,
    bomRef: purl,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(license)]),
  });
}
