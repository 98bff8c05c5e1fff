import type { LabTest } from './test-lab.ts';

/** A lab that is not tested, and why. */
export interface LeftLab {
  readonly lab: string;
  readonly reason: string;
}

/**
 * The tests of labs as JUnit XML, as CI systems read it: a suite per lab, a case per thing that it has to do right. A lab that was
 * left out has one case, which was skipped.
 */
export function renderJunit(tests: readonly LabTest[], left: readonly LeftLab[] = []): string {
  const suites = tests.map((test) => {
    const failures = test.cases.filter(({ passed }) => !passed).length;
    const cases = test.cases.map(({ name, seconds, passed, details }) => {
      const open = `    <testcase classname="${escapeXml(test.lab)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}"`;
      return passed
        ? `${open}/>`
        : `${open}>\n      <failure message="${escapeXml(details[0] ?? 'failed')}">${escapeXml(details.join('\n'))}</failure>\n    </testcase>`;
    });
    return [
      `  <testsuite name="${escapeXml(test.lab)}" tests="${test.cases.length}" failures="${failures}" time="${test.seconds.toFixed(3)}">`,
      `    <properties>`,
      `      <property name="lab.version" value="${escapeXml(test.version)}"/>`,
      `      <property name="kubernetes" value="${escapeXml(test.kubernetes)}"/>`,
      `    </properties>`,
      ...cases,
      '  </testsuite>',
    ].join('\n');
  });
  const all = [...suites, ...left.map(renderSkipped)];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${all.join('\n')}\n</testsuites>\n`;
}

function renderSkipped({ lab, reason }: LeftLab): string {
  const name = escapeXml(lab);
  return [
    `  <testsuite name="${name}" tests="1" failures="0" skipped="1" time="0.000">`,
    `    <testcase classname="${name}" name="${name}: can be tested here" time="0.000">`,
    `      <skipped message="${escapeXml(reason)}"/>`,
    `    </testcase>`,
    '  </testsuite>',
  ].join('\n');
}

/** XML 1.0 has no place for most control characters, not even escaped. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/(?![\n\t])\p{Cc}|[\uFFFE\uFFFF]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
