// This module is pure.
/** Text in columns. */

const GAP = "  ";
const NARROWEST = 8;

/** The rows with their columns aligned. Where `width` is exceeded, the widest columns are cut, and end in `~`. */
export function table(rows: readonly (readonly string[])[], width?: number): string {
  const natural = rows.reduce<number[]>(
    (widths, row) => row.map((cell, column) => Math.max(cell.length, widths[column] ?? 0)),
    [],
  );
  const widths = width === undefined ? natural : narrowed(natural, width);
  return rows.map((row) => line(row, widths)).join("\n");
}

function line(row: readonly string[], widths: readonly number[]): string {
  return row.map((cell, column) => fitted(cell, widths[column] ?? cell.length)).join(GAP).trimEnd();
}

function fitted(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, width - 1)}~` : cell.padEnd(width);
}

function narrowed(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, column) => sum + column + GAP.length, -GAP.length) - width;
  for (; excess > 0; excess--) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}
