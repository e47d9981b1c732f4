//! What is noted, and what never is.

use kiavi_base::SeededRng;

use super::*;

fn access(route: &str) -> Access<'_> {
    Access {
        at: "2026-11-26T17:00:00.5Z".parse().unwrap(),
        id: RequestId::new(jiff::Timestamp::UNIX_EPOCH, &SeededRng::new(1)),
        class: RequestClass::Api,
        method: "GET",
        route,
        status: 200,
        took: Duration::from_micros(15),
        bytes: Some(42),
        peer: PeerClass::Direct,
        client: "198.51.100.77".parse().unwrap(),
    }
}

fn check() -> Access<'static> {
    Access { class: RequestClass::SessionCheck, ..access("/api/auth/get-session") }
}

fn lines(options: AccessOptions, requests: &[Access<'_>]) -> Vec<String> {
    let log = AccessLog::new(options);
    requests.iter().for_each(|request| log.note(request));
    let mut out = Vec::new();
    log.lock().write(&mut out);
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_line_has_what_is_documented_and_nothing_more() {
    let options = AccessOptions { is_json: true, ..AccessOptions::default() };
    let [line] = &lines(options, &[access("/api/auth/callback/{id}")])[..] else { panic!() };
    let read: serde_json::Value = serde_json::from_str(line).unwrap();
    let names: Vec<_> = read.as_object().unwrap().keys().map(String::as_str).collect();
    let documented = [
        "bytes",
        "class",
        "duration_us",
        "kind",
        "level",
        "method",
        "peer",
        "request_id",
        "route",
        "status",
        "timestamp",
    ];
    assert_eq!(names, documented);
    assert_eq!(read["route"], "/api/auth/callback/{id}");
    assert_eq!((&read["duration_us"], &read["bytes"]), (&15.into(), &42.into()));
    assert_eq!(read["timestamp"], "2026-11-26T17:00:00.500000Z");

    let options = AccessOptions { has_networks: true, ..options };
    let [line] = &lines(options, &[Access { method: "\"x", route: "", bytes: None, ..access("") }])[..]
    else {
        panic!()
    };
    let read: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&read["method"], &read["route"]), (&"OTHER".into(), &"none".into()));
    assert_eq!(read["network"], "198.51.100.0");
}

#[test]
fn the_routine_is_not_told_unless_it_is_sampled_or_fails() {
    let of = |lines| AccessOptions { lines, ..AccessOptions::default() };
    let failed = Access { status: 503, ..check() };
    let requests =
        [check(), check(), check(), failed, access("/api/auth/jwks"), access("/api/auth/sign-out")];
    let count = |options| lines(options, &requests).len();
    assert_eq!(count(of(RequestLines::Off)), 0);
    assert_eq!(count(of(RequestLines::Errors)), 1);
    assert_eq!(count(of(RequestLines::Standard)), 2);
    assert_eq!(count(of(RequestLines::All)), 6);
    assert_eq!(count(AccessOptions { routine_sample: 2, ..of(RequestLines::Standard) }), 4);
}

#[test]
fn pages_are_whole_lines_and_a_full_pipe_loses_whole_pages() {
    struct Pages(Vec<Vec<u8>>, bool);
    impl Write for Pages {
        fn write(&mut self, page: &[u8]) -> io::Result<usize> {
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.0.push(page.to_vec());
            Ok(page.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut noted = Noted { lines: b"a line of the log\n".repeat(1_000), ..Noted::default() };
    let mut pages = Pages(Vec::new(), false);
    noted.write(&mut pages);
    assert!(pages.0.iter().all(|page| page.len() <= PAGE && page.ends_with(b"\n")));
    assert_eq!(pages.0.concat().len(), 18_000);
    noted.lines = b"a line\n".repeat(3);
    pages.1 = true;
    noted.write(&mut pages);
    assert_eq!((noted.lost, noted.lines.len()), (3, 0));
}

#[test]
fn networks_tell_no_household() {
    let network_of = |text: &str| network(text.parse().unwrap()).to_string();
    assert_eq!(network_of("2001:db8:1:2:3::4"), "2001:db8:1::");
    assert_eq!(network_of("::ffff:198.51.100.77"), "198.51.100.0");
}
