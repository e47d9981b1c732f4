// A store that speaks as much of S3's HTTP interface as a client needs that uploads in parts, lists, reads and removes. It
// checks every signature (AWS Signature Version 4) by computing it anew, and keeps everything in memory.

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

export const ACCESS_KEY = 'AKTEST';
export const SECRET_KEY = 'a secret of the store';
const REGION = 'us-east-1';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const xml = (text) => text.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);

/** The signature that the request should have. */
function signature(request, url) {
  const { authorization = '' } = request.headers;
  const [, credential, signed] = /Credential=([^,]+), ?SignedHeaders=([^,]+),/.exec(authorization) ?? [];
  if (!credential?.startsWith(`${ACCESS_KEY}/`)) return undefined;
  const [, date, region, service, end] = credential.split('/');
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join('&');
  const headers = signed.split(';').map((name) => `${name}:${request.headers[name].trim()}\n`).join('');
  const hash = request.headers['x-amz-content-sha256'];
  const canonical = [request.method, url.pathname, query, headers, signed, hash].join('\n');
  const scope = [date, region, service, end].join('/');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [region, service, end].reduce((key, part) => hmac(key, part), hmac(`AWS4${SECRET_KEY}`, date));
  return hmac(key, text).toString('hex');
}

export class S3Store {
  objects = new Map();
  uploads = new Map();
  /** How many parts from now on are refused, as by a store without room. */
  refusals = 0;

  static async start() {
    const store = new S3Store();
    store.server = createServer((request, response) => store.#answer(request, response));
    await new Promise((resolve) => store.server.listen(0, '127.0.0.1', resolve));
    store.url = `http://127.0.0.1:${store.server.address().port}`;
    return store;
  }

  /** What a client has in its environment. */
  get env() {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    };
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  async #answer(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const url = new URL(request.url, this.url);
    const said = /Signature=([0-9a-f]+)/.exec(request.headers.authorization ?? '')?.[1];
    const hash = request.headers['x-amz-content-sha256'];
    const isHash = hash === 'UNSIGNED-PAYLOAD' || hash === sha256(body);
    if (!said || said !== signature(request, url) || !isHash) return this.#error(response, 403, 'SignatureDoesNotMatch');
    const path = decodeURIComponent(url.pathname);
    this.#serve(request, response, url.searchParams, path, body);
  }

  #error(response, status, code) {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
  }

  #xml(response, name, content) {
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><${name}>${content}</${name}>`);
  }

  #serve({ method, headers: sent }, response, query, path, body) {
    const upload = query.get('uploadId');
    if (method === 'POST' && query.has('uploads')) {
      const id = randomBytes(8).toString('hex');
      this.uploads.set(id, { path, parts: new Map() });
      return this.#xml(response, 'InitiateMultipartUploadResult', `<UploadId>${id}</UploadId>`);
    }
    if (upload) return this.#upload(method, response, query, upload, body);
    if (method === 'POST' && query.has('delete')) {
      const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
      for (const key of keys) this.objects.delete(`${path.replace(/\/$/, '')}/${key}`);
      const gone = keys.map((key) => `<Deleted><Key>${xml(key)}</Key></Deleted>`).join('');
      return this.#xml(response, 'DeleteResult', gone);
    }
    if (method === 'GET' && query.has('list-type')) return this.#list(response, query, path);
    const object = this.objects.get(path);
    if (method === 'PUT') {
      if (object && sent['if-none-match'] === '*') return this.#error(response, 412, 'PreconditionFailed');
      this.objects.set(path, body);
      return response.writeHead(200, { etag: '"x"' }).end();
    }
    if (method === 'DELETE') {
      this.objects.delete(path);
      return response.writeHead(204).end();
    }
    if (!object) return this.#error(response, 404, 'NoSuchKey');
    const headers = { 'content-length': object.length, etag: '"x"', 'last-modified': new Date().toUTCString() };
    response.writeHead(200, headers);
    return response.end(method === 'HEAD' ? undefined : object);
  }

  #upload(method, response, query, id, body) {
    const upload = this.uploads.get(id);
    if (!upload) return this.#error(response, 404, 'NoSuchUpload');
    if (method === 'DELETE') {
      this.uploads.delete(id);
      return response.writeHead(204).end();
    }
    if (method === 'PUT') {
      if (this.refusals > 0) {
        this.refusals -= 1;
        return this.#error(response, 403, 'QuotaExceeded');
      }
      upload.parts.set(Number(query.get('partNumber')), body);
      return response.writeHead(200, { etag: `"${query.get('partNumber')}"` }).end();
    }
    const parts = [...upload.parts].sort(([one], [other]) => one - other).map(([, part]) => part);
    this.objects.set(upload.path, Buffer.concat(parts));
    this.uploads.delete(id);
    return this.#xml(response, 'CompleteMultipartUploadResult', '<ETag>"x"</ETag>');
  }

  #list(response, query, path) {
    const bucket = `${path.replace(/\/$/, '')}/`;
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(bucket + (query.get('prefix') ?? '')));
    const contents = keys.sort().map((key) => {
      const size = this.objects.get(key).length;
      const name = xml(key.slice(bucket.length));
      return `<Contents><Key>${name}</Key><LastModified>2026-11-26T00:00:00.000Z</LastModified><ETag>"x"</ETag><Size>${size}</Size></Contents>`;
    });
    const count = `<KeyCount>${contents.length}</KeyCount><IsTruncated>false</IsTruncated>`;
    return this.#xml(response, 'ListBucketResult', count + contents.join(''));
  }
}
