//! Forms with files (`multipart/form-data`, RFC 7578): a body that is in memory, taken apart at its boundaries.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};

use super::visit::Stop;
use crate::{Control, api::Problem};

/// Parts of a form; one of ours has less.
const MOST: usize = 64;
/// Characters of a boundary (RFC 2046 §5.1.1).
const BOUNDARY_LIMIT: usize = 70;

/// A form's fields, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, Bytes)>);

impl Form {
    /// The text of a field; what is missing or no text is empty.
    pub(super) fn text(&self, name: &str) -> &str {
        self.file(name).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default().trim()
    }

    /// The texts of a field that may be there several times.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(own, _)| own == name);
        named.filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok()).map(str::to_owned).collect()
    }

    /// What a field holds, if it is there.
    pub(super) fn file(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes)
    }
}

impl FromRequest<Control> for Form {
    type Rejection = Stop;

    async fn from_request(request: Request, control: &Control) -> Result<Self, Stop> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(boundary_of);
        let body = Bytes::from_request(request, control).await.ok();
        let form = body.zip(boundary).and_then(|(body, boundary)| parse(&body, &boundary));
        form.ok_or_else(|| Problem::invalid_body("The body is no form, or it is too long.").into())
    }
}

/// The boundary that a `Content-Type` names.
fn boundary_of(kind: &str) -> Option<String> {
    let mut parameters = kind.split(';').map(str::trim);
    if !parameters.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters
        .find_map(|one| one.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("boundary")));
    let boundary = value?.1.trim_matches('"');
    (!boundary.is_empty() && boundary.len() <= BOUNDARY_LIMIT).then(|| boundary.to_owned())
}

/// The parts between the boundaries; `None` where it is not such a body.
fn parse(body: &Bytes, boundary: &str) -> Option<Form> {
    let mark = format!("\r\n--{boundary}");
    // The first boundary has no line before it.
    let mut at = body.starts_with(&mark.as_bytes()[2..]).then(|| mark.len() - 2)?;
    let mut form = Form::default();
    while form.0.len() <= MOST {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(form);
        }
        let rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&rest[..head_end]).ok()?;
        let start = at + 2 + head_end + 4;
        let length = find(body.get(start..)?, mark.as_bytes())?;
        if let Some(name) = name_in(head) {
            form.0.push((name.to_owned(), body.slice(start..start + length)));
        }
        at = start + length + mark.len();
    }
    None
}

/// The field's name in a part's headers.
fn name_in(head: &str) -> Option<&str> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let value = line.split(';').map(str::trim).find_map(|one| one.strip_prefix("name="))?;
    Some(value.trim_matches('"'))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(parts: &[(&str, &[u8])]) -> Bytes {
        let mut body = Vec::new();
        for (name, content) in parts {
            let head =
                format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--b0--\r\n");
        body.into()
    }

    #[test]
    fn fields_and_files_come_out_as_they_went_in() {
        let file: &[u8] = b"\x89PNG\r\n--b\r\n\0";
        let form =
            parse(&body(&[("a", b" one "), ("tag", b"x"), ("tag", b"y"), ("file", file)]), "b0").unwrap();
        assert_eq!((form.text("a"), form.text("none")), ("one", ""));
        assert_eq!(form.texts("tag"), ["x", "y"]);
        assert_eq!(form.file("file").map(|bytes| &bytes[..]), Some(file));
    }

    #[test]
    fn a_boundary_is_named_by_the_type() {
        assert_eq!(boundary_of("multipart/form-data; boundary=\"b0\"").as_deref(), Some("b0"));
        for kind in ["multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=b0", ""] {
            assert_eq!(boundary_of(kind), None, "{kind}");
        }
    }

    #[test]
    fn what_is_no_whole_form_is_none() {
        let whole = body(&[("a", b"1")]);
        for body in
            [Bytes::new(), whole.slice(..whole.len() - 8), whole.slice(1..), Bytes::from_static(b"--b0")]
        {
            assert_eq!(parse(&body, "b0"), None);
        }
        let many: Vec<(&str, &[u8])> = vec![("a", b"1"); MOST + 1];
        assert_eq!(parse(&body(&many), "b0"), None);
    }

    proptest! {
        #[test]
        fn no_body_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&Bytes::from([b"--b0\r\n".as_slice(), &bytes].concat()), "b0");
        }

        #[test]
        fn any_content_without_the_boundary_survives(content in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assume!(find(&content, b"\r\n--b0").is_none());
            let form = parse(&body(&[("a", &content)]), "b0").unwrap();
            prop_assert_eq!(form.file("a").map(|bytes| bytes.to_vec()), Some(content));
        }
    }
}
