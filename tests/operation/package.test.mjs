// The package, and the units in it: what it promises can be held offline.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KIAVI_BIN, kiaviMissing } from '../lib/kiavi.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const unit = (name) => path.join(ROOT, 'deploy/systemd', `${name}.service`);
/** What the units cannot take away is listed in docs/operations.md; more exposure than that is a mistake. */
const MOST_EXPOSURE = { kiavi: 3.7, 'kiavi-backup': 1.8, 'kiavi-backup-watch': 1.8, 'kiavi-certificate-dns': 1.6 };

const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function isInstalled(program) {
  try {
    run(program, '--version');
    return true;
  } catch {
    return false;
  }
}

describe('the units', { skip: !isInstalled('systemd-analyze') && 'no systemd-analyze' }, () => {
  for (const [name, most] of Object.entries(MOST_EXPOSURE)) {
    test(`${name} exposes no more than it must`, () => {
      const report = run('systemd-analyze', 'security', '--offline=yes', '--no-pager', unit(name));
      const exposure = Number(report.match(/Overall exposure level for \S+: ([\d.]+)/)?.[1]);
      assert.ok(exposure <= most, report);
      assert.doesNotMatch(report, /ignoring/);
    });
  }
});

describe('the package', { skip: kiaviMissing() || (!isInstalled('dpkg-deb') && 'no dpkg-deb') }, () => {
  let folder;
  let root;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kiavi-package-'));
    root = path.join(folder, 'root');
    process.env.DPKG_DEB_COMPRESSOR_TYPE = 'none'; // a program with debug information is large
    const file = run(path.join(ROOT, 'scripts/package'), '--program', KIAVI_BIN, '--out', folder).trim();
    run('dpkg-deb', '--raw-extract', path.resolve(ROOT, file), root);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name) => readFileSync(path.join(root, name), 'utf8');

  test('has the program, its units, its configuration, manual pages and completions', () => {
    assert.match(run(path.join(root, 'usr/bin/kiavi'), '--version'), /^kiavi \d/);
    for (const name of Object.keys(MOST_EXPOSURE)) {
      assert.equal(read(`lib/systemd/system/${name}.service`), readFileSync(unit(name), 'utf8'));
    }
    assert.equal(read('DEBIAN/conffiles'), '/etc/kiavi/kiavi.toml\n');
    for (const page of ['kiavi', 'kiavi-serve', 'kiavi-tenant-create']) {
      const text = run('zcat', path.join(root, `usr/share/man/man1/${page}.1.gz`));
      assert.match(text, /^\.TH/m);
    }
    for (const [file, word] of [
      ['bash-completion/completions/kiavi', 'tenant'],
      ['zsh/vendor-completions/_kiavi', '#compdef kiavi'],
      ['fish/vendor_completions.d/kiavi.fish', 'complete -c kiavi'],
    ]) {
      assert.ok(read(`usr/share/${file}`).includes(word), file);
      assert.ok(!read(`usr/share/${file}`).includes('One process of an instance'), `${file} has a hidden verb`);
    }
  });

  test('its control file is whole', () => {
    const control = read('DEBIAN/control');
    assert.match(control, /^Version: \d+\.\d+\.\d+$/m);
    assert.doesNotMatch(control, /@[A-Z]+@/);
    for (const script of ['postinst', 'prerm', 'postrm']) run('sh', '-n', path.join(root, 'DEBIAN', script));
  });
});
