import { createFixture, type FileTree } from 'fs-fixture';
import { type FileContent, sampleFiles } from '../sample-lab.ts';

/** The pack.yaml of a small sound pack. */
export const packYaml = `# yaml-language-server: $schema=pack.schema.json
apiVersion: labpack/v1
kind: Pack
name: class
version: 1.0.0
title: {en: "For a class", ko: "수업용"}
authors: [A Teacher]
licence: CC-BY-4.0
labs: [first-pod]
`;

/** The files of the same pack. */
export const packFiles: Readonly<Record<string, string>> = {
  'pack.yaml': packYaml,
  ...Object.fromEntries(Object.entries(sampleFiles).map(([file, text]) => [`labs/first-pod/${file}`, text])),
};

/** The pack on disk, with files changed, added, or left out where they are undefined. */
export async function samplePack(changes: Readonly<Record<string, FileContent>> = {}) {
  const files = Object.entries({ ...packFiles, ...changes }).filter(([, content]) => content !== undefined);
  const fixture = await createFixture({ class: Object.fromEntries(files) as FileTree });
  return { path: fixture.getPath('class'), [Symbol.asyncDispose]: () => fixture.rm() };
}
