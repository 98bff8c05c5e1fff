import { cleanLine } from '../cluster/plain-text.ts';
import type { Colour } from './colour.ts';
import { cutToWidth, measureWidth, padToWidth } from './width.ts';

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Index of columns to align on the right: numbers. */
  readonly right?: readonly number[];
}

const gap = '  ';

/** Aligned columns under their headings. Only the last column is cut, and only when `width` is given. */
export function renderTable(table: Table, colour: Colour, width?: number): string {
  const columns = table.columns.map(cleanLine);
  const rows = table.rows.map((row) => row.map(cleanLine));
  const widths = columns.map((heading, index) =>
    Math.max(measureWidth(heading), ...rows.map((row) => measureWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string => {
    const padded = columns.map((_, index) =>
      alignCell(cells[index] ?? '', widths[index] ?? 0, table.right?.includes(index) ?? false),
    );
    const text = padded.join(gap).trimEnd();
    return width === undefined ? text : cutToWidth(text, width);
  };
  return [colour.faint(line(columns)), ...rows.map(line)].map((text) => `${text}\n`).join('');
}

function alignCell(cell: string, width: number, right: boolean): string {
  return right ? ' '.repeat(Math.max(0, width - measureWidth(cell))) + cell : padToWidth(cell, width);
}
