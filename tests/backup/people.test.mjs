// A list of people as a new tenant: checked as a whole, taken in as a whole, and they sign in.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';

describe('a list of people', { skip: kiaviMissing() }, () => {
  let kiavi;
  let folder;
  const email = freshEmail();
  const file = (name, text) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const importing = (name, list, ...args) =>
    kiavi.verb(['tenant', 'import', name, '--users', list, '--json', ...args]).then(JSON.parse);

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kv-people-'));
    kiavi = await startKiavi();
  });
  after(async () => {
    await kiavi?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('what is wrong is said at once, by lines and without anybody in it, and nothing is made', async () => {
    const list = file('wrong.csv', `email,name\n${email},Ada\n${email.toUpperCase()},Eve\nnobody,Bob\n`);
    await assert.rejects(importing('people', list), (error) => {
      assert.match(error.message, /ended with 2/);
      assert.match(error.message, /line 3: the email is that of line 2\nline 4: the email is no address/);
      assert.ok(!error.message.includes(email));
      return true;
    });
    await assert.rejects(importing('people', file('people.txt', 'email\n')), /ended with 2/);
    await assert.rejects(kiavi.verb(['tenant', 'show', 'people']), /ended with 3/);
  });

  test('people of a CSV file sign in as who they were', async () => {
    const rows = [
      'email,name,email_verified,created_at,id,accounts',
      `${email},"Ada, Countess",true,2020-01-02T03:04:05.678Z,u1,google:108;github:55`,
      ...Array.from({ length: 5000 }, (_, n) => `p${n}@example.com,P ${n},false,,,`),
    ];
    const list = file('people.csv', `\uFEFF${rows.join('\r\n')}\r\n`);
    const trial = await importing('people', list, '--dry-run');
    assert.deepEqual([trial.dry_run, trial.imported.user, trial.imported.account], [true, 5001, 2]);
    await assert.rejects(kiavi.verb(['tenant', 'show', 'people']), /ended with 3/);

    const { url } = await importing('people', list);
    const { user } = await new Visitor(url, kiavi.mailbox).signInByCode(email);
    assert.deepEqual([user.id, user.name, user.createdAt], ['u1', 'Ada, Countess', '2020-01-02T03:04:05.678Z']);
    const accounts = await kiavi.sql('people', `select "providerId" as p, "accountId" as a from account order by 1`);
    assert.deepEqual(accounts, [{ p: 'github', a: '55' }, { p: 'google', a: '108' }]);
    await assert.rejects(importing('people', list), /ended with 4/);
  });

  test('a file of JSON lines says the same', async () => {
    const lines = [
      { email: freshEmail(), accounts: [{ provider: 'google', subject: '1' }], metadata: { plan: 'pro' } },
      { email: freshEmail(), name: 'Tab\tand \\ line\nfeed' },
    ];
    const told = await importing('lines', file('people.jsonl', lines.map((line) => JSON.stringify(line)).join('\n')));
    assert.deepEqual([told.imported.user, told.imported.account], [2, 1]);
    assert.ok(told.warnings.some((warning) => warning.includes('metadata')));
    const [{ name }] = await kiavi.sql('lines', `select name from "user" where name <> ''`);
    assert.equal(name, lines[1].name);
  });
});
