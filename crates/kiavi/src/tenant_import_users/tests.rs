//! Both parsers: what they take, what they say, and that no bytes break them.

use std::io::Cursor;

use jiff::Timestamp;
use proptest::prelude::*;

use super::{
    person::{Account, Person},
    read::{Format, lines},
    rows::Ids,
    survey::Survey,
};

fn now() -> Timestamp {
    "2026-11-26T10:00:00Z".parse().unwrap()
}

fn people(text: &[u8], format: Format) -> Vec<(u64, Result<Person, Vec<String>>)> {
    let lines = lines(Cursor::new(text.to_vec()), format).unwrap();
    let checked = |(number, written): (u64, Result<_, String>)| {
        (
            number,
            written
                .map_err(|fault| vec![fault])
                .and_then(|written: super::person::Written| written.check(now())),
        )
    };
    lines.map(|line| checked(line.unwrap())).collect()
}

fn survey(text: &str, format: Format) -> Survey {
    Survey::of(lines(Cursor::new(text.as_bytes().to_vec()), format).unwrap(), now()).unwrap()
}

fn ada() -> Person {
    Person {
        id: Some("u1".to_owned()),
        email: "ada@example.com".to_owned(),
        name: "Ada, \"the\" Countess".to_owned(),
        is_verified: true,
        image: Some("https://example.com/a.png".to_owned()),
        created_at: Some("2020-01-02T03:04:05Z".parse().unwrap()),
        accounts: vec![
            Account { provider: "google".to_owned(), subject: "10:8".to_owned() },
            Account { provider: "github".to_owned(), subject: "55".to_owned() },
        ],
        has_metadata: true,
    }
}

#[test]
fn both_formats_say_the_same() {
    let csv = "\u{feff}Email,name,email_verified,image,created_at,id,accounts,metadata\r\n\
        ADA@example.com,\"Ada, \"\"the\"\" Countess\",yes,https://example.com/a.png,2020-01-02T03:04:05Z,u1,\
        google:10:8;github:55,x\r\n";
    let json = r#"{"email":"ADA@example.com","name":"Ada, \"the\" Countess","email_verified":true,
        "image":"https://example.com/a.png","created_at":"2020-01-02T03:04:05Z","id":"u1","metadata":{"plan":1},
        "accounts":[{"provider":"google","subject":"10:8"},{"provider":"github","subject":"55"}]}"#;
    let json = format!("\u{feff}\n{}\n\n", json.replace('\n', ""));
    assert_eq!(people(csv.as_bytes(), Format::Csv), [(2, Ok(ada()))]);
    assert_eq!(people(json.as_bytes(), Format::JsonLines), [(2, Ok(ada()))]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_line() {
    let csv = "email,id,email_verified,created_at,accounts,image\n\
        a@x.example,1,,,,\n\
        A@x.example,1,,,,\n\
        nonsense,,,tomorrow,,http://x\n\
        b@x.example,,maybe,,,\n\
        c@x.example,,,2030-01-01T00:00:00Z,google,\n\
        d@x.example\n\
        e@x.example,,,,google:1,\n\
        f@x.example,,,,google:1,\n";
    let faults = survey(csv, Format::Csv).faults().unwrap();
    let expected = "line 3: the email is that of line 2\nline 3: the id is that of a line before\n\
        line 4: the email is no address\nline 4: the image is no https address\n\
        line 4: created_at is no time such as 2026-01-31T10:00:00Z\nline 5: email_verified is neither true nor false\n\
        line 6: accounts are written as provider:subject;provider:subject\n\
        line 7: it has 1 columns where the first line has 6\nline 9: an account is that of a line before";
    assert_eq!(faults, expected);
    let json = "{\"email\":\"a@x.example\"}\n[1]\n{\"email\":1}\n{\"x\":1}\n{\n{}\n\"\n";
    let faults = survey(json, Format::JsonLines).faults().unwrap();
    assert_eq!(faults.lines().count(), 6, "{faults}");
    assert!(!faults.contains("a@x"), "nobody's data is in it");
    let many = format!("email\n{}", "nonsense\n".repeat(250));
    assert!(survey(&many, Format::Csv).faults().unwrap().ends_with("and 150 more"));
}

#[test]
fn a_head_names_columns_that_there_are() {
    for head in ["name\nx", "email,email\na,b", "email,password\na,b", ""] {
        assert!(lines(Cursor::new(head.as_bytes().to_vec()), Format::Csv).is_err(), "{head}");
    }
    let long = format!("{{\"email\":\"{}\"}}\n{{\"email\":\"a@x.example\"}}\n", "a".repeat(80_000));
    let found = people(long.as_bytes(), Format::JsonLines);
    assert!(found[0].1.is_err() && found[1].1.is_ok(), "{found:?}");
    assert_eq!(found[1].0, 2);
}

#[test]
fn rows_are_those_of_copy() {
    let (ids, person) = (Ids::new([7; 32]), Person { name: "a\tb\\\n".to_owned(), ..ada() });
    let at = "2020-01-02T03:04:05.000Z";
    let image = "https://example.com/a.png";
    let user = format!("u1\ta\\tb\\\\\\n\tada@example.com\tt\t{image}\t{at}\t{at}\t\\N\t\\N\t\\N\t\\N\n");
    assert_eq!(ids.user(2, &person, now()), user);
    let accounts = ids.accounts(2, &person, now());
    assert_eq!(accounts.lines().count(), 2);
    assert!(
        accounts.lines().all(|row| row.split('\t').count() == 13 && row.contains("\tu1\t")),
        "{accounts}"
    );
    let without = Person { id: None, ..ada() };
    assert_eq!(ids.of(3, &without), ids.of(3, &without));
    assert_ne!(ids.of(3, &without), ids.of(4, &without));
    assert_ne!(ids.of(3, &without), Ids::new([8; 32]).of(3, &without));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>, text in "(email|name|id|accounts|,|\"|\n|;|:|[a-z@.]{0,6}){0,40}") {
        for bytes in [bytes, text.clone().into_bytes(), format!("email,accounts\n{text}").into_bytes()] {
            for format in [Format::Csv, Format::JsonLines] {
                if let Ok(lines) = lines(Cursor::new(bytes.clone()), format) {
                    let _ = Survey::of(lines, now());
                }
            }
        }
    }

    #[test]
    fn every_name_arrives(name in "[^\\x00]{1,40}") {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["email", "name"]).unwrap();
        writer.write_record(["a@x.example", &name]).unwrap();
        let csv = writer.into_inner().unwrap();
        let json = serde_json::json!({ "email": "a@x.example", "name": name }).to_string().into_bytes();
        for (bytes, format) in [(csv, Format::Csv), (json, Format::JsonLines)] {
            let found = people(&bytes, format);
            let person = found[0].1.as_ref().unwrap();
            prop_assert_eq!(&person.name, name.trim());
            let row = Ids::new([7; 32]).user(1, person, now());
            prop_assert_eq!(row.trim_end_matches('\n').split('\t').count(), 11);
            prop_assert_eq!(row.matches('\n').count(), 1);
        }
    }
}
