// What an instance takes of the machine's memory, the kernel's part included.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const TREE = '/sys/fs/cgroup/memory';

const numbers = (text) => Object.fromEntries([...text.matchAll(/^(\w+):?\s+(\d+)/gm)].map(([, name, value]) => [name, Number(value)]));

/** The machine's memory, in KiB, as proc_meminfo(5) names its parts. */
export const machineMemory = () => numbers(readFileSync('/proc/meminfo', 'utf8'));

/**
 * A control group (version 1, by root) for everything that this process starts from now on: `read()` gives what it was
 * charged, in KiB: `anonymous`, `kernel`. Undefined where there is none.
 */
export function memoryGroup(name) {
  if (process.getuid() !== 0 || !existsSync(`${TREE}/memory.kmem.usage_in_bytes`)) return undefined;
  const own = readFileSync('/proc/self/cgroup', 'utf8').match(/^\d+:(?:[^:]*,)?memory:(.*)$/m)[1];
  const before = existsSync(TREE + own) ? path.join(TREE, own) : TREE;
  const folder = path.join(before, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/cgroup.procs`, String(process.pid));
  const kibibytes = (file) => Number(readFileSync(`${folder}/${file}`, 'utf8')) / 1024;
  return {
    read: () => ({
      anonymous: numbers(readFileSync(`${folder}/memory.stat`, 'utf8')).total_rss / 1024,
      kernel: kibibytes('memory.kmem.usage_in_bytes'),
    }),
    end() {
      writeFileSync(`${before}/cgroup.procs`, String(process.pid));
      try {
        rmdirSync(folder);
      } catch {
        // Pages of files that it read are charged to it still; the kernel removes it with them.
      }
    },
  };
}
