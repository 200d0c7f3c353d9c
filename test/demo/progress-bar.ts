// Shows how far a run is: one line that is written over on a terminal, and a line now and then elsewhere.

export interface Shown {
  readonly phase: string;
  readonly batches: { readonly total: number; readonly sent: number; readonly done: number };
}

export interface Screen {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal, 0 or absent when it is not known; a line that breaks could not be written over. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressBar {
  show(shown: Shown): void;
  /** Leaves the last state standing. */
  end(): void;
}

const width = 30;
const clearLine = '\r\u001b[2K';

/** A job counts half when it is sent, and whole when Constant Contact has done it. */
export function progressLine({ phase, batches }: Shown): string {
  const { total, sent, done } = batches;
  const share = total === 0 ? 0 : Math.min(1, (sent + done) / (2 * total));
  const filled = Math.round(share * width);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
  const jobs = total === 0 ? '' : `, ${sent} of ${total} import jobs sent, ${done} done`;
  return `${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${phase}${jobs}`;
}

export function makeProgressBar(screen: Screen): ProgressBar {
  let last = '';
  return {
    show(shown) {
      const line = progressLine(shown);
      if (line === last) return;
      last = line;
      screen.write(screen.isTTY ? clearLine + line.slice(0, (screen.columns || Infinity) - 1) : `${line}\n`);
    },
    end() {
      if (screen.isTTY && last) screen.write('\n');
      last = '';
    },
  };
}
