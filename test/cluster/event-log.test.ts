import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { commandLog, eventLog } from '../../src/cluster/event-log.ts';
import { redacted } from '../../src/cluster/redact.ts';
import { localRunner } from '../../src/exec/local.ts';

const token = 'abcdef.0123456789abcdef';
const started = new Date('2026-01-02T03:04:05.678Z');

describe('eventLog', () => {
  it('appends one line of JSON per event, with its time', async () => {
    await using folder = await createFixture({ 'events.ndjson': '{"old":true}\n' });
    const file = folder.getPath('events.ndjson');
    const log = eventLog(file, []);
    log({ type: 'note', text: 'two\nlines' });
    log({ type: 'step', id: 'boot:cp1', title: 'boot', node: 'cp1', state: 'done', seconds: 1.5 });
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] ?? '')).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/), type: 'note', text: 'two\nlines' });
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ type: 'step', id: 'boot:cp1', state: 'done', seconds: 1.5 });
  });

  it('leaves secrets out, also those that were added later', async () => {
    await using folder = await createFixture({});
    const secrets: string[] = [];
    const log = eventLog(folder.getPath('events.ndjson'), secrets);
    secrets.push('hunter2-hunter2');
    log({ type: 'warning', text: `hunter2-hunter2 and ${token}` });
    const text = await readFile(folder.getPath('events.ndjson'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ text: `${redacted} and ${redacted}` });
  });
});

describe('commandLog', () => {
  it('shows time, duration, exit code, the command to paste and both outputs', async () => {
    await using folder = await createFixture({});
    const log = commandLog(folder.path, []);
    log({ place: 'worker1', line: "echo 'a b'", started, milliseconds: 1234, exitCode: 3, stdout: 'a b\n', stderr: 'oh' });
    log({ place: 'worker1', line: 'true', started, milliseconds: 5, exitCode: undefined, stdout: '', stderr: '' });
    expect(await readFile(folder.getPath('worker1.log'), 'utf8')).toMatchInlineSnapshot(`
      "# 2026-01-02T03:04:05.678Z  1.234 s  exit code 3
      $ echo 'a b'
      a b
      # stderr
      oh

      # 2026-01-02T03:04:05.678Z  0.005 s  no exit code
      $ true

      "
    `);
  });

  it('writes for a real runner, and leaves secrets out of command and output', async () => {
    await using folder = await createFixture({});
    const runner = localRunner({ log: commandLog(folder.path, ['s3cret-value']) });
    await runner.run(['sh', '-c', `echo ${token}; printf '\\033[31ms3cret\\033[0m-value' >&2`], {
      timeout: 10_000,
      signal: new AbortController().signal,
    });
    const text = await readFile(folder.getPath('host.log'), 'utf8');
    expect(text).not.toContain(token);
    expect(text).not.toContain('s3cret-value');
    expect(text.split(redacted)).toHaveLength(4);
    expect((await stat(folder.getPath('host.log'))).mode & 0o777).toBe(0o600);
  });

  it('cuts long output in the middle, at whole characters, after secrets were left out', async () => {
    await using folder = await createFixture({});
    const log = commandLog(folder.path, []);
    const key = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(200_000)}\n-----END PRIVATE KEY-----`;
    log({ place: 'key', line: 'cat', started, milliseconds: 1, exitCode: 0, stdout: `start\n${key}\nend`, stderr: '' });
    expect(await readFile(folder.getPath('key.log'), 'utf8')).toContain(`start\n${redacted}\nend`);
    log({
      place: 'long',
      line: 'cat',
      started,
      milliseconds: 1,
      exitCode: 0,
      stdout: `start ${'한'.repeat(300_000)} end`,
      stderr: '',
    });
    const text = await readFile(folder.getPath('long.log'), 'utf8');
    expect(text).not.toContain('\u{fffd}');
    expect(Buffer.byteLength(text)).toBeLessThan(257 * 1024);
    const left = Number(/\n\[(\d+) bytes left out here\]\n/.exec(text)?.[1]);
    const shown = text
      .split('\n')
      .filter((line) => line.includes('한'))
      .join('');
    expect(Buffer.byteLength(shown) + left).toBe(900_000 + 'start  end'.length);
    expect(text).toMatch(/\$ cat\nstart 한[^]*한 end\n/);
  });

  it('keeps output of exactly the limit whole', async () => {
    await using folder = await createFixture({});
    const stdout = 'x'.repeat(256 * 1024);
    commandLog(folder.path, [])({ place: 'a', line: 'cat', started, milliseconds: 1, exitCode: 0, stdout, stderr: '' });
    expect(await readFile(folder.getPath('a.log'), 'utf8')).toContain(`\n${stdout}\n`);
  });

  it('can not be led out of its folder', async () => {
    await using folder = await createFixture({});
    await mkdir(folder.getPath('logs'));
    await writeFile(folder.getPath('outside.log'), '');
    commandLog(
      folder.getPath('logs'),
      [],
    )({ place: '../outside', line: 'x', started, milliseconds: 1, exitCode: 0, stdout: '', stderr: '' });
    expect(await readdir(folder.getPath('logs'))).toEqual(['___outside.log']);
    expect(await readFile(folder.getPath('outside.log'), 'utf8')).toBe('');
  });
});
