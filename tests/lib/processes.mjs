// What /proc says about processes.

import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';

function read(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined; // gone, or not ours to read
  }
}

/** One process, or undefined if it is gone (a zombie is gone too). */
export function inspect(pid) {
  const stat = read(pid, 'stat');
  const status = read(pid, 'status');
  if (!stat || !status) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const line = (name) => status.match(new RegExp(`^${name}:[ \\t]*(.*)$`, 'm'))?.[1] ?? '';
  return {
    pid: Number(pid),
    parent: Number(fields[1]),
    startTime: fields[19],
    ticks: Number(fields[11]) + Number(fields[12]),
    name: line('Name'),
    uids: line('Uid').split(/\s+/).map(Number),
    gids: line('Gid').split(/\s+/).map(Number),
    groups: line('Groups').trim(),
    threads: Number(line('Threads')),
    seccomp: Number(line('Seccomp')),
    noNewPrivileges: Number(line('NoNewPrivs')),
    capabilities: Object.fromEntries(['CapInh', 'CapPrm', 'CapEff', 'CapAmb'].map((set) => [set, line(set)])),
    arguments: (read(pid, 'cmdline') ?? '').split('\0').filter(Boolean),
  };
}

export function allProcesses() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(inspect)
    .filter(Boolean);
}

export function descendants(pid, table = allProcesses()) {
  const found = [];
  const queue = [pid];
  while (queue.length > 0) {
    const parent = queue.shift();
    for (const process of table.filter((one) => one.parent === parent)) {
      found.push(process);
      queue.push(process.pid);
    }
  }
  return found;
}

/** Whether this very process still lives: a pid that was given to another one does not count. */
export function alive({ pid, startTime }) {
  return inspect(pid)?.startTime === startTime;
}

/** All processes that run the program file `path`, wherever their mount namespace shows it. */
export function runningProgram(path) {
  const { dev, ino } = statSync(path);
  return allProcesses().filter(({ pid }) => {
    try {
      const program = statSync(`/proc/${pid}/exe`);
      return program.dev === dev && program.ino === ino;
    } catch {
      return false;
    }
  });
}

/** Open file descriptors: [{fd, target}], such as {fd: 3, target: 'socket:[4711]'}. */
export function openFiles(pid) {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => ({
    fd: Number(fd),
    target: readlinkSync(`/proc/${pid}/fd/${fd}`),
  }));
}

/** Private_Clean + Private_Dirty of a process, in bytes: what it costs beyond the shared pages. */
export function privateMemory(pid) {
  const rollup = read(pid, 'smaps_rollup') ?? '';
  const kilobytes = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB$/gm)].map(([, value]) => Number(value));
  return kilobytes.reduce((sum, value) => sum + value, 0) * 1024;
}

export const CLOCK_TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux that runs Kiavi
