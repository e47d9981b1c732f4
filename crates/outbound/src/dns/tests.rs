//! Answers as they come, and as they must not; and the door against a server of this machine.

use std::sync::Mutex;

use kiavi_ipc::Channel;
use proptest::prelude::*;
use tokio::net::TcpListener;

use super::*;

const NAME: &str = "_kiavi-challenge.auth.example.com";

/// An answer, made as a name server makes one.
struct Made(Vec<u8>);

impl Made {
    fn to(query: &[u8], code: u8, answers: u16) -> Self {
        let mut bytes = query.to_vec();
        bytes[2] |= 0x80;
        bytes[3] = 0x80 | code;
        bytes[6..8].copy_from_slice(&answers.to_be_bytes());
        Self(bytes)
    }

    /// A record; a name of `None` points to the question's.
    fn record(mut self, name: Option<&str>, kind: u16, data: &[u8]) -> Self {
        match name {
            Some(name) => self.0.extend(wire(name)),
            None => self.0.extend([0xc0, 12]),
        }
        self.0.extend([&kind.to_be_bytes()[..], &1_u16.to_be_bytes(), &60_u32.to_be_bytes()].concat());
        self.0.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        self.0.extend(data);
        self
    }
}

fn wire(name: &str) -> Vec<u8> {
    let labels =
        name.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
    labels.chain([0]).collect()
}

fn text(parts: &[&str]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&[u8::try_from(part.len()).unwrap()], part.as_bytes()].concat()).collect()
}

fn texts(texts: &[&str]) -> Option<Reply> {
    Some(Reply::Texts(texts.iter().map(|text| text.as_bytes().to_vec()).collect()))
}

#[test]
fn the_strings_of_a_record_are_one_text() {
    let query = query(NAME).unwrap();
    let made = Made::to(&query, 0, 2).record(None, 16, &text(&["kiavi-", "challenge=1"]));
    let made = made.record(Some("_KIAVI-challenge.AUTH.example.com"), 16, &text(&["v=spf1 -all"]));
    assert_eq!(parse(&made.0, &query), texts(&["kiavi-challenge=1", "v=spf1 -all"]));
}

#[test]
fn an_alias_leads_to_the_texts_of_its_end_and_to_no_others() {
    let query = query(NAME).unwrap();
    let made = |target: &str| {
        Made::to(&query, 0, 4)
            .record(Some("b.example"), 16, &text(&["at b"]))
            .record(None, 5, &wire("A.example"))
            .record(Some("a.example"), 5, &wire(target))
            .record(Some("c.example"), 16, &text(&["at c"]))
    };
    assert_eq!(parse(&made("b.example").0, &query), texts(&["at b"]));
    assert_eq!(parse(&made("nowhere.example").0, &query), Some(Reply::Absent));
    // A ring.
    assert_eq!(parse(&made(NAME).0, &query), Some(Reply::Absent));
}

#[test]
fn what_is_not_there_and_what_is_not_known_are_told_apart() {
    let query = query(NAME).unwrap();
    assert_eq!(parse(&Made::to(&query, 3, 0).0, &query), Some(Reply::Absent));
    assert_eq!(parse(&Made::to(&query, 0, 0).0, &query), Some(Reply::Absent));
    assert_eq!(parse(&Made::to(&query, 2, 0).0, &query), Some(Reply::Failed(2)));
    assert_eq!(parse(&Made::to(&query, 5, 0).0, &query), Some(Reply::Failed(5)));
}

#[test]
fn the_answer_to_another_question_is_none() {
    let (query, other) = (query(NAME).unwrap(), query("_kiavi-challenge.evil.example").unwrap());
    let made = |query: &[u8]| Made::to(query, 0, 1).record(None, 16, &text(&["x"])).0;
    assert_eq!(parse(&made(&other), &query), None);
    let mut renumbered = made(&query);
    renumbered[1] = 1;
    assert_eq!(parse(&renumbered, &query), None);
    // The question itself, an answer that was cut off, and every beginning of a good one.
    assert_eq!(parse(&query, &query), None);
    let good = made(&query);
    let mut cut_off = good.clone();
    cut_off[2] |= 2;
    assert_eq!(parse(&cut_off, &query), None);
    assert!((0..good.len()).all(|length| parse(&good[..length], &query).is_none()));
}

#[test]
fn a_pointer_leads_back_or_nowhere() {
    let query = query(NAME).unwrap();
    let end = query.len();
    for target in [end, end + 2, 0x3fff] {
        let mut made = Made::to(&query, 0, 1);
        made.0.extend((0xc000 | u16::try_from(target).unwrap()).to_be_bytes());
        made.0.extend([0; 10]);
        assert_eq!(parse(&made.0, &query), None, "{target}");
    }
}

#[test]
fn a_name_that_does_not_fit_is_not_asked_for() {
    assert!(query(&"a".repeat(64)).is_none() && query("a..b").is_none() && query("").is_none());
    let long = vec!["a".repeat(63); 4].join(".");
    assert!(query(&long).is_none() && query(&long[..250]).is_some());
}

#[test]
fn the_name_servers_are_those_of_the_system() {
    let servers = |text: &str| NameServers::of_system(text).addresses;
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let file = "# by hand\nsearch example\nnameserver 10.0.0.2\n nameserver  ::1 \nnameserver fe80::1%eth0\noptions edns0\n";
    assert_eq!(servers(file), [at("10.0.0.2:53"), at("[::1]:53")]);
    assert_eq!(servers(""), [at("127.0.0.1:53")]);
    assert_eq!(servers(&"nameserver 10.0.0.1\n".repeat(9)).len(), MAX_SERVERS);
    assert_eq!(NameServers::new(vec![at("10.9.8.7:5353")]).addresses, [at("10.9.8.7:5353")]);
}

proptest! {
    #[test]
    fn no_answer_panics_and_no_text_is_made_up(
        rest in prop::collection::vec(any::<u8>(), 0..200),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let query = query(NAME).unwrap();
        let mut bytes = Made::to(&query, 0, 2).record(None, 16, &text(&["kiavi-challenge=1"])).0;
        bytes.extend(rest);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(Reply::Texts(texts)) = parse(&bytes, &query) {
            prop_assert!(texts.iter().map(Vec::len).sum::<usize>() <= bytes.len());
        }
    }

    #[test]
    fn a_text_comes_back_as_it_was_made(parts in prop::collection::vec("[ -~]{0,60}", 1..5)) {
        let query = query(NAME).unwrap();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let made = Made::to(&query, 0, 1).record(None, 16, &text(&parts));
        prop_assert_eq!(parse(&made.0, &query), texts(&[&parts.concat()]));
    }
}

/// A name server of this machine that gives these answers, one a connection, and what it was asked.
async fn server(answers: Vec<Option<Vec<u8>>>) -> (SocketAddr, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<Vec<u8>>>>::default());
    let questions = asked.clone();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = vec![0; stream.read_u16().await.unwrap().into()];
            stream.read_exact(&mut question).await.unwrap();
            questions.lock().unwrap().push(question);
            if let Some(answer) = answer {
                let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
                stream.write_all(&[&length[..], &answer].concat()).await.unwrap();
            }
        }
    });
    (address, asked)
}

async fn looked_up(servers: Vec<SocketAddr>, wanted: Wanted) -> Answer {
    let (ours, theirs) = Channel::pair().unwrap();
    tokio::spawn(Arc::new(NameServers::at(servers)).serve(Endpoint::new(theirs).unwrap()));
    let (requests, mut answers) = Endpoint::<LookUp, Looked>::new(ours).unwrap().split();
    let domain = "auth.example.com".parse().unwrap();
    requests.send(&LookUp { request: 7, domain, wanted }).await.unwrap();
    let Looked { request, answer } = answers.receive().await.unwrap().unwrap();
    assert_eq!(request, 7);
    answer
}

#[tokio::test]
async fn the_door_tells_what_could_be_a_proof() {
    let query = query(NAME).unwrap();
    let made = Made::to(&query, 0, 3)
        .record(None, 16, &text(&["kiavi-challenge=1"]))
        .record(None, 16, &text(&["two words"]))
        .record(None, 16, &[3, 0x1b, b'[', b'm']);
    let (address, asked) = server(vec![Some(made.0)]).await;
    let answer = looked_up(vec![address], Wanted::Proof).await;
    assert_eq!(answer, Answer::Texts(vec!["kiavi-challenge=1".parse().unwrap()]));
    assert_eq!(*asked.lock().unwrap(), [query]);
}

#[tokio::test]
async fn a_name_server_that_does_not_know_is_passed_over() {
    let query = query(NAME).unwrap();
    let refused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let (failing, _) = server(vec![Some(Made::to(&query, 2, 0).0), None]).await;
    let (knowing, _) = server(vec![Some(Made::to(&query, 3, 0).0)]).await;
    assert_eq!(looked_up(vec![refused, failing, knowing], Wanted::Proof).await, Answer::Absent);
    // One that closes.
    assert_eq!(looked_up(vec![refused, failing], Wanted::Proof).await, Answer::Unanswered);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_again_at_once_for_a_name_server_that_says_nothing() {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let servers = NameServers::at(vec![silent.local_addr().unwrap()]);
    let domain = "auth.example.com".parse().unwrap();
    let started = Instant::now();
    let mut waited = Vec::new();
    for pause in [Duration::ZERO, Duration::ZERO, SILENCE] {
        tokio::time::advance(pause).await;
        let asked = Instant::now();
        assert_eq!(servers.look_up(&domain, &Wanted::Proof).await, Answer::Unanswered);
        waited.push(asked.elapsed() >= PATIENCE);
    }
    assert_eq!(waited, [true, false, true], "within {:?}", started.elapsed());
}

#[tokio::test]
async fn of_records_about_mail_the_door_tells_facts_and_asks_for_no_other_name() {
    for (wanted, name, told) in [
        (Wanted::Spf, "auth.example.com", "v=spf1 include:a.example -all secret=1"),
        (Wanted::Dmarc, "_dmarc.auth.example.com", "v=DMARC1; p=reject; rua=mailto:secret@a.example"),
        (Wanted::DkimKey("s1".parse().unwrap()), "s1._domainkey.auth.example.com", "v=DKIM1; p=; n=secret"),
    ] {
        let query = query(name).unwrap();
        let (address, asked) =
            server(vec![Some(Made::to(&query, 0, 1).record(None, 16, &text(&[told])).0)]).await;
        let answer = looked_up(vec![address], wanted).await;
        assert!(!format!("{answer:?}").contains("secret") && answer != Answer::Absent, "{answer:?}");
        assert_eq!(*asked.lock().unwrap(), [query]);
    }
}
