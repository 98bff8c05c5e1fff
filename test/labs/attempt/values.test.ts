import { describe, expect, it, onTestFinished } from 'vitest';
import { interpolate, interpolateAll, placeholdersIn, UnknownPlaceholder } from '../../../src/labs/interpolate.ts';
import { readField } from '../../../src/labs/check/read-field.ts';
import { drawVariables, fillInValues } from '../../../src/labs/attempt/values.ts';
import { startLab } from '../lab-rig.ts';

describe('variables of an attempt', () => {
  it('have the form that the lab asks for', () => {
    for (let round = 0; round < 50; round += 1) {
      const drawn = drawVariables({
        HEX: { random: 'hex8' },
        PORT: { random: 'port' },
        WORD: { random: 'word' },
        NAME: { random: 'name' },
        ONE: { pick: ['a', 'b'] },
        SET: { value: 'always' },
      });
      expect(drawn['HEX']).toMatch(/^[a-f][0-9a-f]{7}$/);
      expect(Number(drawn['PORT'])).toBeGreaterThanOrEqual(20_000);
      expect(Number(drawn['PORT'])).toBeLessThan(30_000);
      expect(drawn['WORD']).toMatch(/^[a-z]{6}$/);
      expect(drawn['NAME']).toMatch(/^[a-z]{4}-[0-9]{2}$/);
      expect(['a', 'b']).toContain(drawn['ONE']);
      expect(drawn['SET']).toBe('always');
    }
  });

  it('differ from attempt to attempt', () => {
    const drawn = new Set(Array.from({ length: 20 }, () => drawVariables({ HEX: { random: 'hex8' } })['HEX']));
    expect(drawn.size).toBeGreaterThan(15);
  });

  it('stand beside what the cluster gives', () => {
    const values = fillInValues(
      { namespace: 'lab-x' },
      {
        nodes: [{ name: 'worker1', role: 'worker', address: '10.1.0.21', memoryMiB: 2048 }],
        images: { web: 'example.test/web:1' },
      },
      { TOKEN: 'abc' },
    );
    expect(values).toEqual({
      TOKEN: 'abc',
      namespace: 'lab-x',
      'image.web': 'example.test/web:1',
      'node.worker1': 'worker1',
      'address.worker1': '10.1.0.21',
    });
  });
});

describe('placeholders', () => {
  const values = { TOKEN: 'abc', 'image.web': 'web:1' };

  it('are filled in, and a shell keeps its own', () => {
    expect(interpolate('a ${TOKEN} $${TOKEN} ${image.web} $HOME $(date)', values, 'x')).toBe(
      'a abc ${TOKEN} web:1 $HOME $(date)',
    );
    expect(placeholdersIn('${TOKEN} $${NOT} ${image.web} ${TOKEN}')).toEqual(['TOKEN', 'image.web']);
  });

  it('come to no more than there is room for, in one text or in many', () => {
    const bomb = { A: 'x'.repeat(4096) };
    const error = { code: 'KL-LAB-INVALID', message: expect.stringContaining('files/a.yaml is larger than 4 MiB') };
    expect(interpolate('${A}'.repeat(1000), bomb, 'x')).toHaveLength(4_096_000);
    // So much that the text itself could not be held.
    expect(catchError(() => interpolate('${A}'.repeat(250_000), bomb, 'files/a.yaml'))).toMatchObject(error);
    const many = Array.from({ length: 100 }, () => ({ text: '${A}'.repeat(20) }));
    expect(catchError(() => interpolateAll(many, bomb, 'files/a.yaml'))).toMatchObject(error);
  });

  it('without a value are an error that names them, also those that every object has', () => {
    expect(() => interpolate('${NOPE}', values, 'files/x.yaml')).toThrow('${NOPE} in files/x.yaml has no value');
    expect(() => interpolate('${constructor}', values, 'x')).toThrow(UnknownPlaceholder);
  });

  it('are filled in once: a value is not read again', () => {
    expect(interpolate('${TOKEN}', { TOKEN: '${image.web}', 'image.web': 'no' }, 'x')).toBe('${image.web}');
  });

  it('are filled in everywhere in data', () => {
    expect(interpolateAll({ a: ['${TOKEN}', 1, null], b: { c: '${image.web}' } }, values, 'x')).toEqual({
      a: ['abc', 1, null],
      b: { c: 'web:1' },
    });
  });
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('a remembered field', () => {
  it('is a value only where it is short enough to be one', async () => {
    const note = (text: string) => ({ metadata: { name: 'a', annotations: { text } } });
    const texts = ['x'.repeat(4096), 'x'.repeat(4097)];
    const rig = await startLab({
      answer: (request, response) => {
        if (request.url !== '/api/v1/namespaces/lab-x/configmaps') return false;
        response.end(JSON.stringify({ items: [note(texts.shift() ?? '')] }));
        return true;
      },
    });
    onTestFinished(() => rig.close());
    const field = { apiVersion: 'v1', kind: 'ConfigMap', path: 'metadata.annotations.text' };
    const read = () => readField({ field, namespace: 'lab-x', values: {}, cluster: rig.cluster });
    expect(await read()).toHaveLength(4096);
    await expect(read()).rejects.toMatchObject({
      code: 'KL-LAB-INVALID',
      message: expect.stringContaining('metadata.annotations.text" of "ConfigMap" is larger than 4 KiB'),
    });
  });
});
