import type { LintFinding } from './finding.ts';
import { rules } from './rules.ts';

/** Findings as SARIF 2.1.0, which code review shows beside the lines. */
export function toSarif(findings: readonly LintFinding[]): Record<string, unknown> {
  const ids = Object.keys(rules) as (keyof typeof rules)[];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'kubelab lab lint',
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: rules[id].title },
              defaultConfiguration: { level: rules[id].severity },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, severity, message, file, line, column }) => ({
          ruleId: rule,
          ruleIndex: ids.indexOf(rule),
          level: severity,
          message: { text: message },
          locations: [
            {
              physicalLocation: { artifactLocation: { uri: encodeURI(file) }, region: { startLine: line, startColumn: column } },
            },
          ],
        })),
      },
    ],
  };
}
