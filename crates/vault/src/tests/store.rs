//! A secret store on the network that behaves, or misbehaves as it is told. Whether its words are the real store's is
//! for `tests/vault` to find out, with the vendor's own library.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use kiavi_egress::{EgressError, HttpClient};
use serde_json::{Value, json};
use url::Url;

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    /// Nothing wrong.
    Fine,
    /// It does not arrive.
    Lost(EgressError),
    /// It is done, and the answer does not arrive.
    AnswerLost,
    /// This status, with this word and header `Retry-After`.
    Refused(u16, &'static str, Option<&'static str>),
    /// Not what a store says.
    Garbage(&'static str),
}

#[derive(Default)]
pub(super) struct Inner {
    secrets: Vec<Value>,
    /// Secret's id, value, status and checksum of each version, in order.
    pub(super) versions: Vec<(String, String, String, u32)>,
    pub(super) fates: VecDeque<Fate>,
    /// What happens once those are over.
    pub(super) fate: Option<Fate>,
    pub(super) seen: Vec<String>,
}

#[derive(Default)]
pub(super) struct Store(Mutex<Inner>);

impl Store {
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub(super) fn then(&self, fates: &[Fate]) {
        self.lock().fates.extend(fates);
    }

    /// What was asked for since this was asked last.
    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().seen)
    }
}

impl HttpClient for Store {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, EgressError>> {
        let mut inner = self.lock();
        let url = Url::parse(&request.uri().to_string()).unwrap();
        let path = url.path().strip_prefix("/secret-manager/v1beta1/regions/nl-ams").unwrap().to_owned();
        inner.seen.push(format!("{} {path}", request.method()));
        assert_eq!(request.headers()["x-auth-token"], "key");
        assert!(request.headers()["x-auth-token"].is_sensitive());
        let fate = inner.fates.pop_front().or(inner.fate).unwrap_or(Fate::Fine);
        let refusal = |status, kind: &str| (status, json!({ "type": kind, "message": "text" }).to_string());
        let (status, body, retry_after) = match fate {
            Fate::Lost(error) => return Box::pin(async move { Err(error) }),
            Fate::Refused(status, kind, after) => {
                let (status, body) = refusal(status, kind);
                (status, body, after)
            }
            Fate::Garbage(body) => (200, body.to_owned(), None),
            Fate::Fine | Fate::AnswerLost => {
                let (status, body) = match inner.answer(request.method(), &path, &url, request.body()) {
                    Ok(body) => (200, body.to_string()),
                    Err((status, kind)) => refusal(status, kind),
                };
                if matches!(fate, Fate::AnswerLost) {
                    return Box::pin(async { Err(EgressError::Deadline) });
                }
                (status, body, None)
            }
        };
        let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
        if let Some(after) = retry_after {
            response = response.header("retry-after", after);
        }
        Box::pin(async move { Ok(response.body(body.into()).unwrap()) })
    }
}

impl Inner {
    fn answer(
        &mut self,
        method: &Method,
        path: &str,
        url: &Url,
        body: &[u8],
    ) -> Result<Value, (u16, &'static str)> {
        let query = |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value);
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let body = || serde_json::from_slice::<Value>(body).unwrap();
        let page = |all: Vec<Value>, name: &str| {
            let number = |name| query(name).unwrap().parse::<usize>().unwrap();
            let (page, size) = (number("page"), number("page_size"));
            let total = all.len();
            let all: Vec<_> = all.into_iter().skip((page - 1) * size).take(size).collect();
            json!({ name: all, "total_count": total })
        };
        match (method.as_str(), parts.as_slice()) {
            ("GET", ["secrets"]) => {
                let is_wanted = |secret: &&Value| {
                    ["path", "name"]
                        .iter()
                        .all(|field| query(field).is_none_or(|wanted| secret[field] == json!(wanted)))
                };
                let all = self.secrets.iter().filter(is_wanted).cloned().collect();
                Ok(page(all, "secrets"))
            }
            ("POST", ["secrets"]) => {
                let mut secret = body();
                let same = |known: &Value| known["path"] == secret["path"] && known["name"] == secret["name"];
                if self.secrets.iter().any(same) {
                    return Err((409, "already_exists"));
                }
                secret["id"] = json!(format!("id-{}", self.secrets.len()));
                self.secrets.push(secret.clone());
                Ok(secret)
            }
            ("POST", ["secrets", id, verb @ ("protect" | "unprotect")]) => {
                let secret = self.secret(id)?;
                secret["protected"] = json!(*verb == "protect");
                Ok(secret.clone())
            }
            ("DELETE", ["secrets", id]) => {
                if self.secret(id)?["protected"] == json!(true) {
                    return Err((412, "precondition_failed"));
                }
                self.secrets.retain(|secret| secret["id"] != json!(id));
                self.versions.retain(|version| version.0 != *id);
                Ok(Value::Null)
            }
            ("POST", ["secrets", id, "versions"]) => {
                self.secret(id)?;
                let (data, crc) = (body()["data"].clone(), body()["data_crc32"].clone());
                let crc = u32::try_from(crc.as_u64().unwrap()).unwrap();
                let data = data.as_str().unwrap().to_owned();
                self.versions.push(((*id).to_owned(), data, "enabled".to_owned(), crc));
                let revision = self.versions.iter().filter(|version| version.0 == *id).count();
                Ok(json!({ "revision": revision, "secret_id": id, "status": "enabled" }))
            }
            ("GET", ["secrets", id, "versions"]) => {
                self.secret(id)?;
                let of = self.versions.iter().filter(|version| version.0 == *id);
                let all =
                    of.enumerate().map(|(n, version)| json!({ "revision": n + 1, "status": version.2 }));
                Ok(page(all.collect(), "versions"))
            }
            ("GET", ["secrets", id, "versions", revision, "access"]) => self.access(id, revision),
            ("GET", ["secrets-by-path", "versions", revision, "access"]) => {
                let (path, name) = (query("secret_path").unwrap(), query("secret_name").unwrap());
                let is_it = |secret: &&Value| secret["path"] == json!(path) && secret["name"] == json!(name);
                let secret = self.secrets.iter().find(is_it).ok_or((404, "not_found"))?;
                self.access(secret["id"].as_str().unwrap(), revision)
            }
            ("POST", ["secrets", id, "versions", revision, verb]) => {
                let status = if *verb == "enable" { "enabled" } else { "disabled" };
                self.set_status(id, revision, status)
            }
            ("DELETE", ["secrets", id, "versions", revision]) => self.set_status(id, revision, "deleted"),
            _ => panic!("{method} {path}"),
        }
    }

    fn secret(&mut self, id: &str) -> Result<&mut Value, (u16, &'static str)> {
        self.secrets.iter_mut().find(|secret| secret["id"] == json!(id)).ok_or((404, "not_found"))
    }

    fn access(&self, id: &str, revision: &str) -> Result<Value, (u16, &'static str)> {
        let versions: Vec<_> = self.versions.iter().filter(|version| version.0 == id).collect();
        let number = match revision {
            "latest_enabled" => versions.iter().rposition(|version| version.2 == "enabled"),
            number => Some(number.parse::<usize>().unwrap() - 1),
        };
        let number = number.filter(|number| *number < versions.len()).ok_or((404, "not_found"))?;
        match versions[number] {
            (_, data, status, crc) if status == "enabled" => {
                Ok(json!({ "revision": number + 1, "data": data, "data_crc32": crc }))
            }
            (_, _, status, _) if status == "deleted" => Err((404, "not_found")),
            _ => Err((412, "precondition_failed")),
        }
    }

    fn set_status(&mut self, id: &str, revision: &str, status: &str) -> Result<Value, (u16, &'static str)> {
        let number: usize = revision.parse().unwrap();
        let mut of = self.versions.iter_mut().filter(|version| version.0 == id);
        let version = of.nth(number - 1).ok_or((404, "not_found"))?;
        status.clone_into(&mut version.2);
        Ok(json!({ "revision": number, "status": status }))
    }

    /// Changes the value of every version behind the vault's back.
    pub(super) fn spoil(&mut self) {
        self.versions.iter_mut().for_each(|version| version.1 = STANDARD.encode("spoilt"));
    }
}
