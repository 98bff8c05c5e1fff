import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProgramRig, type ProgramOptions } from '../rig/program.ts';
import { createSampleCommands } from '../rig/sample-commands.ts';

async function createSampleRig(options: ProgramOptions = {}) {
  const samples = createSampleCommands();
  return { samples, rig: await createProgramRig({ registry: samples.registry, ...options }) };
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(5);
}

describe('help', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('lists the commands without loading any: %j', async (words: string[]) => {
    const { rig, samples } = await createSampleRig();
    const { exitCode, stdout, stderr } = await rig.run(...words);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('paint');
    expect(samples.loaded).toEqual([]);
  });

  it('says how to begin', async () => {
    const { rig } = await createSampleRig();
    expect((await rig.run('--help')).stdout).toMatchInlineSnapshot(`
      "Usage: kubelab [flags] <command> [arguments]

      A real multi-node Kubernetes cluster on real machines with one command.

      Flags:
        -V, --version      print the version of kubelab
        -f, --file <path>  the spec, instead of ./kubelab.yaml
        -y, --yes          answer yes to every question but that of --trust
        --json             print lines of JSON: each event, then the result
        -q, --quiet        show no progress
        --verbose          show every progress line, and the stack of errors
        --no-color         no colour (so does NO_COLOR)
        -h, --help         show help; after a command, the help of that command

      Walls:
        paint              paint walls
        wait               wait until it is stopped
        ask                ask before it acts

      Tools:
        tool               run the tool
        brush              work with brushes

      To begin:
        kubelab paint           make the wall

      Every command says more with --help: kubelab <command> --help
      "
    `);
  });

  it('of a command names its arguments, flags and examples', async () => {
    const { rig } = await createSampleRig();
    const { stdout } = await rig.run('paint', '--help');
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: kubelab paint [flags] <wall> [others...]

      Paint walls.

      Paints one wall after the other.

      Arguments:
        wall                the first wall
        others              more walls

      Flags:
        --colour <name>     the colour (choices: "red", "green")
        --coats <count>     how many coats
        --skip-wall <wall>  a wall to leave out
        -n, --dry-run       only say what would be done
        --no-primer         no primer

      Flags of every command:
        -f, --file <path>   the spec, instead of ./kubelab.yaml
        -y, --yes           answer yes to every question but that of --trust
        --json              print lines of JSON: each event, then the result
        -q, --quiet         show no progress
        --verbose           show every progress line, and the stack of errors
        --no-color          no colour (so does NO_COLOR)
        -h, --help          show this help

      Examples:
        # one wall
        kubelab paint north --colour red
      "
    `);
    expect((await rig.run('help', 'paint')).stdout).toBe(stdout);
  });

  it('of a raw command is asked for by the first word', async () => {
    const { rig } = await createSampleRig();
    expect((await rig.run('tool', '--help')).stdout).toMatchInlineSnapshot(`
      "Usage: kubelab tool [arguments...]

      Run the tool.

      Flags of every command:
        -h, --help  show this help

      Examples:
        # look at the nodes
        kubelab tool get nodes -o wide
      "
    `);
  });

  it('of a family is what it answers alone, as wrong use', async () => {
    const { rig } = await createSampleRig();
    const { exitCode, stdout, stderr } = await rig.run('brush');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "Usage: kubelab brush <command> [arguments]

      work with brushes

      Flags:
        -h, --help  show this help

      Commands:
        wash        wash a brush
        break       break a brush
      "
    `);
    expect(await rig.run('brush', '--help')).toEqual({ exitCode: 0, stdout: stderr, stderr: '' });
  });

  it('gives the version', async () => {
    const { rig } = await createSampleRig();
    expect(await rig.run('--version')).toEqual({ exitCode: 0, stdout: '0.0.0-test\n', stderr: '' });
  });
});

describe('input', () => {
  it('is typed and whole', async () => {
    const { rig, samples } = await createSampleRig();
    await rig.run(
      'paint',
      'north',
      'south',
      'east',
      '--colour',
      'red',
      '--coats',
      '2',
      '--skip-wall',
      'a',
      '--skip-wall',
      'b',
      '--no-primer',
    );
    await rig.run('paint', '-n', 'north');
    expect(samples.inputs).toEqual([
      {
        args: { wall: 'north', others: ['south', 'east'] },
        flags: { colour: 'red', coats: 2, skipWall: ['a', 'b'], dryRun: false, primer: false },
      },
      {
        args: { wall: 'north', others: [] },
        flags: { colour: undefined, coats: undefined, skipWall: [], dryRun: true, primer: true },
      },
    ]);
  });

  it('takes global flags before and after the name', async () => {
    const { rig, samples } = await createSampleRig();
    await rig.run('--yes', '-f', 'one.yaml', 'brush', 'wash');
    await rig.run('brush', 'wash', '-f', 'deep/two.yaml', '--quiet');
    expect(samples.contexts.map(({ globals, specFile }) => ({ yes: globals.yes, quiet: globals.quiet, specFile }))).toEqual([
      { yes: true, quiet: false, specFile: rig.path('one.yaml') },
      { yes: false, quiet: true, specFile: rig.path('deep', 'two.yaml') },
    ]);
  });

  it('finds the folders of the user', async () => {
    const plain = await createSampleRig();
    await plain.rig.run('brush', 'wash');
    expect(plain.samples.contexts[0]?.folders).toMatchObject({
      cache: `${plain.rig.home}/.cache/kubelab`,
      state: `${plain.rig.home}/.local/state/kubelab`,
    });
    const moved = await createSampleRig({ env: { XDG_CACHE_HOME: '/c', XDG_STATE_HOME: '/s' } });
    await moved.rig.run('brush', 'wash');
    expect(moved.samples.contexts[0]?.folders).toMatchObject({ cache: '/c/kubelab', state: '/s/kubelab' });
  });

  it.each([
    [['pant'], "Unknown command 'pant'.", 'Did you mean paint?', 'kubelab --help'],
    [['--jsn', 'paint'], "Unknown option '--jsn'.", 'Did you mean --json?', 'kubelab --help'],
    [['paint', 'north', '--color'], "Unknown option '--color'.", 'Did you mean --colour?', 'kubelab paint --help'],
    [['paint'], "Missing required argument 'wall'.", '', 'kubelab paint --help'],
    [
      ['paint', 'x', '--coats', 'two'],
      "Option '--coats <count>' argument 'two' is invalid. It must be a number.",
      '',
      'kubelab paint --help',
    ],
    [['paint', 'x', '--colour', 'blue'], "argument 'blue' is invalid. It must be one of red, green.", '', 'kubelab paint --help'],
    [['brush', 'wosh'], "Unknown command 'wosh'.", 'Did you mean wash?', 'kubelab --help'],
    [['brush', 'wash', 'x'], 'Too many arguments. Expected 0 arguments but got 1.', '', 'kubelab brush wash --help'],
  ])('that is wrong is explained: %s', async (words, what, near, cure) => {
    const { rig } = await createSampleRig();
    const { exitCode, stdout, stderr } = await rig.run(...words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const part of ['KL-USE', what, near, `What to do: Run ${cure}.`]) expect(stderr).toContain(part);
  });
});

describe('a raw command', () => {
  it('hands everything on and returns the exit code of the tool', async () => {
    const { rig, samples } = await createSampleRig();
    const tool = await rig.fakeTool('tool');
    tool.answer(['get', 'nodes'], { stdout: 'control1\n', stderr: 'careful\n', exitCode: 3 });
    expect(await rig.run('tool', 'get', 'nodes', '-o', 'wide', '--json', '-f', 'x')).toEqual({
      exitCode: 3,
      stdout: 'control1\n',
      stderr: 'careful\n',
    });
    await rig.run('--file', 'a.yaml', 'tool', '--', 'get', 'nodes', '--', '--help');
    expect(samples.inputs).toEqual([
      ['get', 'nodes', '-o', 'wide', '--json', '-f', 'x'],
      ['get', 'nodes', '--', '--help'],
    ]);
    expect(samples.contexts.map(({ specFile }) => specFile)).toEqual([rig.path('kubelab.yaml'), rig.path('a.yaml')]);
    expect(tool.calls.map(({ args, cwd }) => ({ args, cwd }))).toEqual([
      { args: ['get', 'nodes', '-o', 'wide', '--json', '-f', 'x'], cwd: process.cwd() },
      { args: ['get', 'nodes', '--', '--help'], cwd: process.cwd() },
    ]);
  });

  it('hears of a call that the test did not expect', async () => {
    const { rig } = await createSampleRig();
    const tool = await rig.fakeTool('tool');
    const { exitCode, stderr } = await rig.run('tool', 'delete', 'all');
    expect({ exitCode, stderr }).toEqual({ exitCode: 97, stderr: 'fake tool: nobody expected: tool delete all\n' });
    expect(tool.unexpected).toHaveLength(1);
  });

  it('leaves Ctrl-C to the tool, and ends it on SIGTERM', async () => {
    const { rig } = await createSampleRig();
    const tool = await rig.fakeTool('tool');
    tool.answer([], { delay: 'forever' });
    const ended = rig.run('tool', 'watch');
    await until(() => tool.calls.length === 1);
    rig.signal('SIGINT');
    rig.signal('SIGINT');
    expect(rig.printed()).toBe('');
    rig.signal('SIGTERM');
    expect(await ended).toMatchObject({ exitCode: 130 });
    expect(rig.killed).toEqual([]);
  });
});

describe('output', () => {
  it('is the result on stdout and progress on stderr', async () => {
    const { rig } = await createSampleRig();
    expect(await rig.run('paint', 'north', 'south')).toEqual({
      exitCode: 0,
      stdout: 'painted north, south\n',
      stderr: 'walls, about 0:04\n[north] coat ...\n[north] coat ... done <time>\n',
    });
    expect((await rig.run('paint', 'north', '--quiet')).stderr).toBe('');
  });

  it('is lines of JSON on request', async () => {
    const { rig } = await createSampleRig();
    const { exitCode, stdout, stderr } = await rig.run('paint', 'north', '--json', '--dry-run');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "{"type":"run","title":"walls","forecastSeconds":4}
      {"type":"step","id":"coat","title":"coat","node":"north","state":"started"}
      {"type":"step","id":"coat","title":"coat","node":"north","state":"done","seconds":2.1}
      {"type":"result","exitCode":1,"data":{"walls":["north"]}}
      "
    `);
  });

  it('is indented data when a command has nothing for people', async () => {
    const { rig } = await createSampleRig();
    expect((await rig.run('brush', 'wash')).stdout).toBe('{\n  "clean": true\n}\n');
  });

  it('moves on a terminal, and leaves the cursor as it was', async () => {
    const { rig } = await createSampleRig({ terminal: true });
    const { stdout, stderr } = await rig.run('paint', 'north');
    expect(stdout).toBe('\u001b[32mpainted north\u001b[39m\n');
    expect(stripVTControlCharacters(stderr)).toContain('✔ north  coat  <time>\n');
    expect(stderr.endsWith('\u001b[?25h')).toBe(true);
  });

  it('does not move in CI', async () => {
    const { rig } = await createSampleRig({ terminal: true, env: { CI: 'true', NO_COLOR: '1' } });
    expect(await rig.run('paint', 'north')).toMatchObject({
      stdout: 'painted north\n',
      stderr: 'walls, about 0:04\n[north] coat ...\n[north] coat ... done <time>\n',
    });
  });

  it('neither moves nor wraps on a terminal that does not know its size', async () => {
    const { rig } = await createSampleRig({ terminal: { columns: 0, rows: 0 } });
    const { stderr } = await rig.run('paint', 'north');
    expect(stderr).toContain('[north] coat ...\n');
    expect(stripVTControlCharacters((await rig.run('pant')).stderr)).toContain(
      'Why: An unknown command or flag, or a value that the flag does not take.\n',
    );
  });

  it('points at the logs when there is an error', async () => {
    const { rig } = await createSampleRig();
    const { exitCode, stderr } = await rig.run('brush', 'break', 'known');
    expect(exitCode).toBe(6);
    expect(stderr).toMatchInlineSnapshot(`
      "✖ KL-CLUSTER-BUSY: Another kubelab is working on this cluster
        Process 42 holds the brush.

        Why: Two runs at once would undo each other.
        What to do: Wait for the other run to end, or stop it.
        More: kubelab explain KL-CLUSTER-BUSY

        Log: brush.log
      "
    `);
  });

  it('admits a bug', async () => {
    const { rig } = await createSampleRig();
    const { exitCode, stderr } = await rig.run('brush', 'break', 'bug');
    expect(exitCode).toBe(70);
    expect(stderr).toContain('This is a bug in kubelab\n\n  TypeError: brush is undefined\n');
    expect(stderr).toContain('kubelab 0.0.0-test, node <node>, test');
    const json = JSON.parse((await rig.run('brush', 'break', 'bug', '--json')).stdout) as unknown;
    expect(json).toMatchObject({ type: 'error', kind: 'bug', exitCode: 70 });
  });
});

describe('signals', () => {
  it('stop the command at the first', async () => {
    const { rig, samples } = await createSampleRig();
    const ended = rig.run('wait');
    await until(() => samples.contexts.length === 1);
    rig.signal('SIGINT');
    const { exitCode, stderr } = await ended;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 130,
      stderr: 'warning: stopping… (once more stops at once)\nStopped on request.\n',
    });
    expect(rig.killed).toEqual([]);
  });

  it('end the process at the second', async () => {
    const { rig, samples } = await createSampleRig();
    const ended = rig.run('wait');
    await until(() => samples.contexts.length === 1);
    rig.signal('SIGTERM');
    rig.signal('SIGINT');
    expect(rig.killed).toEqual([130]);
    await ended;
  });
});

describe('a question', () => {
  it('is answered by --yes', async () => {
    const { rig } = await createSampleRig();
    expect((await rig.run('ask', '--yes')).stdout).toContain('"agreed": true');
  });

  it('is not asked without a terminal', async () => {
    const { rig } = await createSampleRig();
    const { exitCode, stderr } = await rig.run('ask');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no terminal to ask on: Tear down the wall?');
    expect(stderr).toContain('What to do: Run the command with --yes if that is what you want.');
  });

  it.each([
    ['y', 'true'],
    ['\r', 'false'],
  ])('is asked on a terminal: %j', async (keys, agreed) => {
    const { rig } = await createSampleRig({ terminal: true });
    const ended = rig.run('ask');
    await until(() => rig.printed().includes('Tear down the wall?'));
    rig.type(keys);
    expect((await ended).stdout).toContain(`"agreed": ${agreed}`);
  });

  it('is left with Ctrl-C', async () => {
    const { rig } = await createSampleRig({ terminal: true });
    const ended = rig.run('ask');
    await until(() => rig.printed().includes('Tear down the wall?'));
    rig.type('\u0003');
    expect((await ended).exitCode).toBe(130);
  });
});
