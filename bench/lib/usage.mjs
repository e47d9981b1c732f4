// What serving costs: processor time by the kernel's count, and resident memory.

import { readFileSync } from 'node:fs';
import { CLOCK_TICKS_PER_SECOND, allProcesses, descendants, inspect } from '../../tests/lib/processes.mjs';

/** Between two looks at the memory of what is under load. */
const SAMPLE_MS = 250;

/** Resident memory of a process in bytes, the pages of its program included. */
export function residentMemory(pid) {
  try {
    const [, kilobytes] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB$/m);
    return Number(kilobytes) * 1024;
  } catch {
    return 0; // gone
  }
}

/** What the kernel counted for children of a process that have ended, in ticks: cutime and cstime of proc(5). */
function ticksOfEnded(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

/** Processor seconds used so far, of the server and of PostgreSQL, whose backends come and go. */
function processorTime(pids, postmaster) {
  const ticks = (processes) => processes.reduce((sum, one) => sum + one.ticks, 0);
  const cluster = [inspect(postmaster), ...descendants(postmaster, allProcesses())];
  return {
    server: ticks(pids.map(inspect).filter(Boolean)) / CLOCK_TICKS_PER_SECOND,
    postgres: (ticks(cluster) + ticksOfEnded(postmaster)) / CLOCK_TICKS_PER_SECOND,
  };
}

/**
 * Runs a measurement of a contender and adds to its result what it took: `server` and `postgres` in processor
 * microseconds a request; `memory` in bytes, the most that its processes had together; `memoryOfFirst`, the most that
 * the first of them had, which is Kiavi's engine.
 */
export async function metered(contender, postmaster, measurement) {
  const pids = contender.pids();
  let [memory, memoryOfFirst] = [0, 0];
  const look = () => {
    const sizes = pids.map(residentMemory);
    memory = Math.max(memory, sizes.reduce((sum, size) => sum + size, 0));
    memoryOfFirst = Math.max(memoryOfFirst, sizes[0]);
  };
  const timer = setInterval(look, SAMPLE_MS);
  const before = processorTime(pids, postmaster);
  const result = await measurement().finally(() => clearInterval(timer));
  look();
  const after = processorTime(pids, postmaster);
  const perRequest = (part) => ((after[part] - before[part]) / result.count) * 1e6;
  const processor = { server: perRequest('server'), postgres: perRequest('postgres') };
  return { ...result, ...processor, memory, memoryOfFirst };
}
