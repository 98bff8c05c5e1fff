import { describe, expect, it } from 'vitest';
import { findLeftovers } from '../../src/labs/inventory.ts';
import { renderJunit } from '../../src/labs/junit.ts';
import type { LabTest } from '../../src/labs/test-lab.ts';

describe('what a lab leaves behind', () => {
  it('is what came, what went, and what changed', () => {
    const before = new Map([
      ['Node worker1', '{"labels":[]}'],
      ['StorageClass local-path', 'true'],
      ['Namespace default', ''],
    ]);
    expect(findLeftovers(before, before)).toEqual([]);
    const after = new Map([
      ['Node worker1', '{"labels":["a=b"]}'],
      ['Namespace default', ''],
      ['PersistentVolume x', ''],
    ]);
    expect(findLeftovers(before, after)).toEqual([
      'PersistentVolume x is left behind',
      'StorageClass local-path is gone',
      'Node worker1 has changed: {"labels":[]} is now {"labels":["a=b"]}',
    ]);
  });
});

describe('the JUnit report', () => {
  it('has a suite per lab, and says what failed', () => {
    const test: LabTest = {
      lab: 'pv-pvc',
      version: '1.0.0',
      kubernetes: '1.36.4',
      checks: 2,
      seconds: 3.25,
      cases: [
        { name: 'claim: the solution passes', kind: 'solve', step: 'claim', passed: true, seconds: 1.5, details: [] },
        { name: 'claim: wrong "a" & <b>', kind: 'wrong', passed: false, seconds: 1, details: ['it \u001b[31mpasses', 'x'] },
      ],
    };
    expect(renderJunit([test])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="pv-pvc" tests="2" failures="1" time="3.250">
    <properties>
      <property name="lab.version" value="1.0.0"/>
      <property name="kubernetes" value="1.36.4"/>
    </properties>
    <testcase classname="pv-pvc" name="claim: the solution passes" time="1.500"/>
    <testcase classname="pv-pvc" name="claim: wrong &quot;a&quot; &amp; &lt;b&gt;" time="1.000">
      <failure message="it [31mpasses">it [31mpasses
x</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });
});
