/** Figures of several rounds, and the table of their medians. */

interface Figure {
  readonly subject: string;
  readonly value: number;
}

const SUBJECTS = ["direct", "proxy", "haproxy"];
const NAME_WIDTH = 44;
const FIGURE_WIDTH = 10;

/** See the module. */
export class Results {
  readonly #figures = new Map<string, Figure[]>();

  add(measurement: string, figure: Figure): void {
    this.#figures.set(measurement, [...this.#figures.get(measurement) ?? [], figure]);
  }

  /** One line per measurement: medians, and ours as a part of the others'. */
  table(): string[] {
    const columns = [...SUBJECTS, "/haproxy", "/direct"].map((name) => name.padStart(FIGURE_WIDTH));
    const lines = [" ".repeat(NAME_WIDTH) + columns.join("")];
    for (const [measurement, figures] of this.#figures) {
      const medians = SUBJECTS.map((subject) =>
        median(figures.filter((figure) => figure.subject === subject).map(({ value }) => value))
      );
      const [direct = NaN, proxy = NaN, haproxy = NaN] = medians;
      const cells = [
        ...medians.map((value) => value.toFixed(0)),
        ...[haproxy, direct].map((of) => (proxy / of).toFixed(2)),
      ];
      lines.push(measurement.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(FIGURE_WIDTH)).join(""));
    }
    return lines;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = sorted.length % 2 === 1
    ? [sorted[middle], sorted[middle]]
    : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}
