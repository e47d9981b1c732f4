// The figures to reach. Each is judged on the medians of the run; `middle(path, contender, connections, field)` gives
// them, undefined where nothing was measured.

/** The least, over all numbers of connections, of one contender's requests a second divided by another's. */
function leastRatio({ middle, connections }, path, ours, other) {
  const ratios = connections.map(
    (count) => middle(path, ours, count, 'perSecond') / middle(path, other, count, 'perSecond'),
  );
  return Math.min(...ratios);
}

const times = (path, wanted, other, ours = 'kiavi') => ({
  path,
  text: `${path}: ${ours} at least ${wanted} × ${other}`,
  judge(run) {
    const least = leastRatio(run, path, ours, other);
    return Number.isNaN(least) ? undefined : { measured: `${least.toFixed(1)} ×`, isReached: least >= wanted };
  },
});

const TARGETS = [
  times('get-session', 100, 'node'),
  times('get-session', 60, 'node-cookie'),
  times('get-session', 30, 'crate'),
  times('get-session', 25, 'node', 'kiavi-uncached'),
  {
    path: 'get-session',
    text: 'get-session: kiavi at least 60 % of a bare axum hello',
    judge(run) {
      const least = leastRatio(run, 'get-session', 'kiavi', 'hello');
      return Number.isNaN(least) ? undefined : { measured: `${Math.round(least * 100)} %`, isReached: least >= 0.6 };
    },
  },
  {
    path: 'get-session',
    text: 'get-session: p99 of kiavi at most 5 ms with 64 connections',
    judge({ middle }) {
      const p99 = middle('get-session', 'kiavi', 64, 'p99');
      return p99 && { measured: `${p99.toFixed(2)} ms`, isReached: p99 <= 5 };
    },
  },
  times('token', 60, 'node'),
  times('jwks', 60, 'node'),
  times('key-verify', 25, 'node'),
  times('code-sign-in', 10, 'node'),
  times('passkey-sign-in', 10, 'node'),
];

const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Rows [figure, measured, reached or not] of a run's paths and of the engine's memory. */
export function judgements(run) {
  const lines = TARGETS.filter(({ path }) => run.paths.includes(path)).map((target) => {
    const verdict = target.judge(run);
    return [target.text, verdict?.measured ?? 'not measured', verdict ? word(verdict.isReached) : '–'];
  });
  const own = `, ${mebibytes(run.privateIdle)} of it shared with nobody`;
  for (const [text, bytes, most, more] of [
    ['memory of the engine under load at most 40 MiB', run.memoryUnderLoad, 40, ''],
    ['memory of the engine when nothing happens at most 8 MiB', run.memoryIdle, 8, own],
  ]) {
    lines.push([text, `${mebibytes(bytes)}${more}`, word(bytes <= most * 2 ** 20)]);
  }
  return lines;
}

const word = (isReached) => (isReached ? 'reached' : 'NOT REACHED');
