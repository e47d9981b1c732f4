// Where addresses are: an instance with a real database of countries, and one of networks.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { mmdb } from '../lib/mmdb.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const SHOP = `shop.${DOMAIN}`;
const COUNTRIES = createRequire(import.meta.url).resolve(
  '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb',
);
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1';
const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
/** Whoever is there has been there for decades. */
const FRANCE = '90.63.0.1';
const GERMANY = '141.20.1.1';
const NOWHERE = '10.1.2.3';

describe('where requests come from', { skip: kiaviMissing() }, () => {
  const kiavi = new Served();
  const networks = path.join(kiavi.dir, 'networks.mmdb');

  const ask = async (address, agent) => {
    const headers = {
      'x-forwarded-for': address,
      'user-agent': agent,
      origin: `https://${SHOP}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ email: 'ada@example.com', type: 'sign-in' });
    const answer = await kiavi.ask(SHOP, '/api/auth/email-otp/send-verification-otp', { method: 'POST', headers, body });
    assert.equal(answer.status, 200, answer.text);
  };
  const events = async (...filters) =>
    JSON.parse(await kiavi.verb(['audit', 'list', 'shop', '--type', 'code.requested', '--json', ...filters]));

  before(async () => {
    const orange = { autonomous_system_number: 3215, autonomous_system_organization: 'Orange S.A.' };
    writeFileSync(networks, mmdb('Test-ASN', { '90.0.0.0/9': orange }));
    kiavi.more = `[geo]\ncountry = "${COUNTRIES}"\nnetwork = "networks.mmdb"\n`;
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop']);
    await ask(FRANCE, PHONE);
    await ask(GERMANY, LAPTOP);
    await ask(NOWHERE, 'curl/8.5.0');
  });
  after(() => kiavi.dispose());

  test('an event tells it, and is found by it', async () => {
    const [nowhere, germany, france] = await events();
    const told = ({ ip, country, network, browser, os, device }) => [ip, country, network, browser, os, device];
    assert.deepEqual(told(france), [FRANCE, 'FR', 'AS3215 Orange S.A.', 'safari', 'ios', 'iphone']);
    assert.deepEqual(told(germany), [GERMANY, 'DE', null, 'firefox', 'linux', 'desktop']);
    assert.deepEqual(told(nowhere), [NOWHERE, null, null, 'curl', null, 'bot']);
    for (const [filters, expected] of [
      [['--country', 'FR'], france],
      [['--network', 'AS3215'], france],
      [['--device', 'iphone'], france],
      [['--device', 'phone', '--os', 'ios', '--country', 'fr'], france],
      [['--country', 'DE'], germany],
      [['--browser', 'firefox'], germany],
      [['--device', 'bot'], nowhere],
    ]) {
      assert.deepEqual(await events(...filters), [expected], filters.join(' '));
    }
    assert.deepEqual(await events('--country', 'FR', '--device', 'desktop'), []);
    await assert.rejects(events('--country', 'France'), /at most 2 characters/);
    await assert.rejects(events('--browser', 'lynx'), /browser|Invalid/);
  });

  test('the list shows it, and the table has it', async () => {
    const shown = await kiavi.verb(['audit', 'list', 'shop', '--type', 'code.requested']);
    assert.match(shown, /90\.63\.0\.1 FR AS3215 +safari ios/);
    assert.match(shown, /10\.1\.2\.3 +curl/);
    const table = await kiavi.verb(['audit', 'list', 'shop', '--country', 'FR', '--csv']);
    const [head, row, ...rest] = table.trim().split('\r\n');
    assert.match(head, /"ip","country","network","user_agent","browser","os","device","personal"/);
    assert.match(row, /"90\.63\.0\.1","FR","AS3215 Orange S\.A\.","Mozilla[^"]*","safari","ios","iphone",""/);
    assert.deepEqual(rest, []);
  });

  test('in what is sealed it is as secret as the address, and the log verifies', async () => {
    const bundle = path.join(kiavi.dir, 'bundle');
    await until('all is sealed', async () => {
      const note = await kiavi.verb(['audit', 'checkpoint', 'shop']).catch(() => '');
      return Number(note.split('\n')[1]) >= 3;
    });
    await kiavi.verb(['audit', 'export', 'shop', '--bundle', bundle]);
    const lines = readFileSync(path.join(bundle, 'events.ndjson'), 'utf8');
    assert.match(lines, /code\.requested/);
    assert.doesNotMatch(lines, /Orange|iphone|90\.63/);
    assert.match(await kiavi.verb(['audit', 'verify', bundle], { isOffline: true }), /^VERIFIED/);
  });

  test('the doctor says which files, what they are and how old', async () => {
    const json = await kiavi.verb(['doctor', '--json', '--config', kiavi.configFile], { within: 60_000 }).catch((error) => error.message);
    const { findings } = JSON.parse(json.slice(json.indexOf('{')));
    const [countries, other] = findings.filter(({ name }) => name === 'Places');
    assert.match(countries.detail, /country\.mmdb: countries, .*, of 2026-06-1\d \(\d+ days old\)/);
    assert.match(other.detail, /networks\.mmdb: networks, Test-ASN, of \d{4}-\d\d-\d\d \(0 days old\)/);
    assert.equal(other.verdict, 'ok');
  });

  test('a database that is broken is named, and what runs goes on', async () => {
    const good = readFileSync(networks);
    const check = () => kiavi.verb(['serve', '--check', '--config', kiavi.configFile], { isOffline: true });
    assert.match(await check(), /can be used/);
    for (const broken of [good.subarray(200), Buffer.from('<html>moved</html>'), Buffer.alloc(0)]) {
      writeFileSync(networks, broken);
      await assert.rejects(check(), /kiavi\.toml:\d+: geo\.network: .*networks\.mmdb: it is no database/);
    }
    writeFileSync(networks, mmdb('Test-Domain', { '90.0.0.0/9': { domain: 'example.org' } }));
    await assert.rejects(check(), /tells neither countries nor networks/);
    await ask(FRANCE, PHONE);
    assert.equal((await events())[0].network, 'AS3215 Orange S.A.', 'nobody reads the file again');
    writeFileSync(networks, good);
  });

  test('a new file counts from a reload on, without a restart', async () => {
    const moved = { asn: 'AS64496', as_name: 'Example' };
    writeFileSync(networks, mmdb('Test-Lite', { '90.0.0.0/9': moved }));
    kiavi.child.kill('SIGHUP');
    await until('everything was replaced', () => kiavi.log().includes('every process was replaced'));
    await ask(FRANCE, PHONE);
    const [newest, ...older] = await events('--country', 'FR');
    assert.equal(newest.network, 'AS64496 Example');
    assert.ok(older.every(({ network }) => network === 'AS3215 Orange S.A.'), 'what was known then');
  });
});
