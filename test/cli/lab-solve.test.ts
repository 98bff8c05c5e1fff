import { describe, expect, it } from 'vitest';
import { describeDone } from '../../src/commands/lab-solve.ts';
import { showAnswers, showApply, showKubectl, showScript, showWait } from '../../src/labs/attempt/done-action.ts';
import { interpolate } from '../../src/labs/interpolate.ts';
import { type Language, languages } from '../../src/labs/language.ts';
import { renderBlocks } from '../../src/ui/block.ts';
import { createColour } from '../../src/ui/colour.ts';
import { expectGolden } from '../kubernetes/golden.ts';
import { sampleFiles } from '../labs/sample-lab.ts';

const screen = { colour: createColour({ isTTY: false, env: {} }), width: 80 };
const show = (done: Parameters<typeof describeDone>[0], language: Language): string =>
  renderBlocks(describeDone(done, language), screen);

const script = `#!/bin/sh
set -eu
config=/etc/containerd/config.toml
if grep -q cri "$config"; then
\tsed -i 's/^disabled_plugins = .*/disabled_plugins = []/' "$config"
\tsystemctl restart containerd.service
fi
`;
const page = 'mkdir -p /var/htdocs\necho "Hello from worker1: $TOKEN" > /var/htdocs/index.html\n';
const values = { TOKEN: '1a2b3c4d', 'image.web': 'web:1' };
const environment = { TOKEN: '1a2b3c4d', KUBELAB_NAMESPACE: 'lab-first-pod' };
const manifest = 'files/web.yaml';

/** One of each. */
const done = [
  showKubectl('lab-first-pod', ['delete', 'pod', 'web', '--ignore-not-found'], undefined),
  showApply('lab-first-pod', manifest, interpolate(sampleFiles[manifest] ?? '', values, manifest)),
  showWait('Pod web'),
  showScript({ script, file: 'scripts/enable-cri.sh', nodes: ['worker1', 'worker2'], environment }),
  showScript({ script: page, file: undefined, nodes: ['worker1'], environment }),
  showWait(undefined),
  showAnswers({ 'when-full': 'evicted', why: 'it is full' }),
];

describe('what lab solve says it did', () => {
  it.each(languages)('can be read and done by hand, in %s', async (language) => {
    await expectGolden(`lab-solve/${language}.txt`, show(done, language));
  });

  it('says how much it does not show, and lets nothing reach the terminal but text', () => {
    const big = `\u001b]0;x\u0007a: \u001b[31mred\u202e\n${'b: 1\n'.repeat(500)}`;
    const shown = show([showApply('lab-x', 'files/\u001b[2Jbig.yaml', big)], 'en');
    expect(shown).toContain('303 more lines are not shown.\n');
    expect(shown).toContain('\na: red\n');
    expect(shown).not.toMatch(/[^\P{Cc}\t\n]|\p{Bidi_Control}/u);
  });
});
