// A machine with systemd of its own: a container on this machine's files, which it sees and cannot change. What is written in it
// is in memory and gone with it. Its network is this machine's, so tests reach what listens there, and choose free ports.
//
// Needs root, systemd-nspawn and an overlay file system. It is as an operator's machine is, but for its kernel and for the
// filter of system calls that containers have (SYSTEMD_SECCOMP): what a unit allows and denies is what counts there.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from './wait.mjs';

const BOOT_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;
const COMMAND_DEADLINE_MS = 60_000;
const ENVIRONMENT = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8', 'HOME=/root', 'SYSTEMD_PAGER=', 'SYSTEMD_COLORS=0'];

// Mounts are of this process's own namespace and end with it. Without a service manager outside there is nobody who would give
// the container control groups of its own.
const BOOT = `
set -e
mount -t tmpfs -o mode=0755 machine "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" machine "$1/root"
# Whoever tried Kiavi on this machine has data of it, which stays where it is and is not seen in there.
for name in etc/kiavi var/lib/kiavi var/lib/kiavi-backups; do rm -rf "$1/root/$name"; done
keep=
if [ ! -d /run/systemd/system ]; then
  keep=--keep-unit
  for tree in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$tree/cgroup.procs" ] || continue
    mkdir "$tree/$2"
    for set in cpus mems; do
      [ ! -e "$tree/cpuset.$set" ] || cat "$tree/cpuset.$set" >"$tree/$2/cpuset.$set"
    done
    echo $$ >"$tree/$2/cgroup.procs"
  done
fi
exec systemd-nspawn --quiet --directory="$1/root" --machine="$2" --boot --register=no $keep --link-journal=no \\
  --resolv-conf=off --timezone=off --console=pipe systemd.unit=basic.target
`;

/** Why there can be no such machine here, as far as that can be seen without trying; or false. */
function missing() {
  if (process.getuid() !== 0) return 'a machine of its own needs root';
  for (const program of ['systemd-nspawn', 'nsenter', 'unshare']) {
    if (!process.env.PATH.split(':').some((folder) => existsSync(path.join(folder, program)))) return `no ${program}`;
  }
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n')) return 'no overlay file system';
  return false;
}

/** Boots one, or says in `reason` why this machine cannot have another in it. */
export async function bootMachine() {
  const reason = missing();
  if (reason) return { reason };
  const machine = new Machine();
  try {
    await machine.boot();
    return { machine, reason: false };
  } catch (error) {
    await machine.stop();
    return { reason: `systemd does not start in a container here: ${machine.console.trim() || error.message}` };
  }
}

class Machine {
  console = '';

  async boot() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'kiavi-machine-'));
    this.name = path.basename(this.folder).toLowerCase();
    this.mounted = path.join(this.folder, 'machine');
    mkdirSync(this.mounted);
    const command = ['--mount', '--propagation', 'private', 'bash', '-c', BOOT, 'boot', this.mounted, this.name];
    // A child in all but name: each of these becomes the next.
    this.container = spawn('unshare', command, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SYSTEMD_SECCOMP: '0' },
    });
    for (const stream of [this.container.stdout, this.container.stderr]) stream.on('data', (text) => (this.console += text));
    this.ended = new Promise((resolve) => this.container.on('close', resolve));
    this.takeAlong = () => this.container.kill('SIGKILL');
    process.on('exit', this.takeAlong);
    await until(
      'the machine has started',
      async () => {
        if (this.container.exitCode !== null) return true;
        this.init = this.findInit();
        return (await this.run('systemctl', 'is-active', 'basic.target')).trim() === 'active';
      },
      { within: BOOT_DEADLINE_MS },
    );
    if (this.container.exitCode !== null) throw new Error('it ended');
    this.openGroups();
  }

  /** The process that is the first one in there. */
  findInit() {
    const { pid } = this.container;
    if (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'systemd-nspawn\n') throw new Error('not yet');
    const [init] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return Number(init);
  }

  /** Version 1 of control groups is mounted read-only in containers; these are its own. */
  openGroups() {
    for (const controller of ['cpu', 'memory', 'pids']) {
      const tree = `/sys/fs/cgroup/${controller}`;
      if (!existsSync(`${tree}/cgroup.procs`)) continue;
      execFileSync('nsenter', ['-t', this.init, '-m', 'mount', '-o', 'remount,bind,rw', tree]);
    }
  }

  #enter(command) {
    const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--cgroup', '--root', '--wdns=/'];
    return ['nsenter', ['--target', `${this.init}`, ...namespaces, 'env', '--ignore-environment', ...ENVIRONMENT, ...command]];
  }

  /** Runs a command in there as root, and gives what it writes. */
  async run(...command) {
    const options = { encoding: 'utf8', timeout: COMMAND_DEADLINE_MS, maxBuffer: 64 << 20 };
    try {
      return (await promisify(execFile)(...this.#enter(command), options)).stdout;
    } catch (error) {
      error.message += `\n${error.stdout}`;
      throw error;
    }
  }

  /** Has systemd do something with a unit; if it cannot, the error has what the unit's processes said. */
  async control(verb, unit) {
    try {
      await this.run('systemctl', verb, unit);
    } catch (error) {
      const said = await this.journal(unit);
      throw new Error(`${verb} ${unit}: ${said.map(({ MESSAGE }) => MESSAGE).join('\n')}`, { cause: error });
    }
  }

  /** A file in there, with this text. */
  write(file, text, mode = 0o644) {
    const script = 'cat >"$1" && chmod "$2" "$1"';
    const command = ['sh', '-c', script, 'write', file, mode.toString(8)];
    execFileSync(...this.#enter(command), { input: text, stdio: ['pipe', 'ignore', 'pipe'] });
  }

  /** What a unit's property is. */
  async property(unit, name) {
    return (await this.run('systemctl', 'show', '--value', '--property', name, unit)).trim();
  }

  /** Everything that a unit's processes, and systemd about it, have written: {MESSAGE, PRIORITY, _PID, …}. */
  async journal(unit) {
    const lines = await this.run('journalctl', '--no-pager', '--output=json', '--unit', unit);
    return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  async stop() {
    process.off('exit', this.takeAlong);
    if (this.container.exitCode === null && this.container.signalCode === null) {
      this.container.kill('SIGTERM');
      const late = setTimeout(() => this.container.kill('SIGKILL'), STOP_DEADLINE_MS);
      await this.ended;
      clearTimeout(late);
    }
    for (const tree of ['', 'blkio', 'cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'memory', 'pids', 'systemd', 'unified']) {
      const group = path.join('/sys/fs/cgroup', tree, this.name);
      if (existsSync(group)) execFileSync('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+']);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
