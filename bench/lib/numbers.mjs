export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((share / 100) * sorted.length) - 1)];
}

export const median = (values) => percentile(values, 50);

export function summary(values, unit, digits = 1) {
  const text = (value) => value.toFixed(digits);
  return (
    `p50 ${text(median(values))} ${unit} · p99 ${text(percentile(values, 99))} ${unit} · ` +
    `max ${text(Math.max(...values))} ${unit} (${values.length} measured)`
  );
}

/** Rows of cells as a table with aligned columns; the first row is the head. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (row) =>
    row.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join('   ');
  return [line(rows[0]), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.slice(1).map(line)].join('\n');
}
