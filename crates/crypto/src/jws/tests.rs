use base64::Engine as _;
use proptest::prelude::*;

use super::*;
use crate::{EcdsaCurve, InvalidSignature, RsaScheme, VerifyingKey};

/// Private keys that `jose` 6.2.18 exported, which is how Better Auth stores them.
const NODE_ES256: &str = concat!(
    r#"{"kty":"EC","x":"zTyp2tBxQ57Vp20gY-wPvJPGxM-01bJcpzFfraP_F4M","y":"Mt0BCHbwJbptUCeChT1oZe1xcsSeq"#,
    r#"xibWBTbVIKCY5M","crv":"P-256","d":"nl7wiZdBKby3kxPspXhEkpkqC1ObOtvXvmekr28uW3w"}"#,
);
const NODE_ES512: &str = concat!(
    r#"{"kty":"EC","x":"Af-kMNn4gVRhCtDpvqKxMx1MzkSB3yY1EoYbvuosHiI2Ic3BQ2V4iZlZm9ts3O4pklN840AsxtT4v6d"#,
    r#"BGuehOb04","y":"AOF_vXo_Dc7TUMa_N8xvBM2ikgPtgHqVWGqU9DrrZieiBZTqExuGDyRc5LkmMyLTVo2OZDf-L3kgt_vd"#,
    r#"V0B9Zoc7","crv":"P-521","d":"AWddnRaYSwQTlS5Ry8eADk9ANMIlqUsT5rcTMIEhOEPTiEP47sn6gcTuQUA9UkV3cqp"#,
    r#"eNBXt4GaRIpTGYQWIgJlE"}"#,
);
const NODE_RSA: &str = concat!(
    r#"{"kty":"RSA","n":"xLzLN7MTwI0E3qvDV7VTtAQlukLB_TER345uHXoHKUoEh3la74yYQq6WZg55E56u9EkXwXQnHL_6QZ"#,
    r#"7_NnCqCKTymTEepu0isJyjwcnsKX4MC7MX1f43PJmuRhXtGy7E_CMzHKcyy_dd37bULixhP-ADtLcHmjNRkG9J6YV5qlGY8E"#,
    r#"ZCMmXlCylEIusMQmxuNLg8NDUArkrpbhgspf9zeDC4FXTiUFv0_Gn8xE1BsVffT1TFImCEw_1jKoMwp6hn2lMtzpKWw5RZse"#,
    r#"8CZ2kCevY-d8eP1Rk4_2OyUTC-6kVYQXH2fHBwejA9Rjm6A9DO4nQSdtutomkKLjYzI8yjYQ","e":"AQAB","d":"IqD2hi"#,
    r#"HTrrdDrav_EL-ecZevSlc4zQenlTl9QVv6ybY5EN1396VAIbCYUXNntV_ffKkm8Mqwnbte4dEKK_ttumLKPtOqCQjBa-POYS"#,
    r#"xZEL6agS6vWd_KujR0u-pdF0VGr_jEJN17L_KlB90nAM-X-IXGMTdsM6SnzSwBjwSK80LleNdaTOh29Zgr22dmlXcIeFwNES"#,
    r#"SzHsaj-JQ_jYKpsg9n8u-tRGCtYxroPk_N1kaGLS5iiU7z7c_TifLvnHktfazI54OcMw00nF6veAqWn23bCetI7f1yYisi5z"#,
    r#"p9MukecCJNkr_X4LC4gVHwLEtGG-knqQ9xRvMeJlQ_USHY3w","p":"6y7Q2QWxbhOOsqUiC7VeSey9BnXkKAFnjzcmYkxx5"#,
    r#"Ml_GsS37ahbeFuTE3ZyHznDcTEDpl_Nl-7Oz5TjfemGB2x4yc8k_4tjrOS-3pv4DSY1aZHn3A-IkkjZGWX-nLEi2pG5fh_MW"#,
    r#"Lyox6G_rSXhwADgvyd-bLmCSbXEDJRlE18","q":"1ibQps7hfvdbVQ9T-2qcL3UZD29h-_CGTjFNgi-EDfCGcz3-bgOUdao"#,
    r#"qM-BvfL5ul95poHWC3RqELP6BZ4BjgxX0QQnE9-h0gJqPiYqpFERPJudagcyuMSssRGFC99w1UD3vW75gxPZLhlSKhzr_qQD"#,
    r#"Fp_gXLHY_MoHTD7oWgT8","dp":"FOgqhMBuz3xJmTP43NWYtjWncCWWzL-jNyYN8XsePNp0xCpst2HaD88EOhyzdHcsGqni"#,
    r#"yy2FF1aRZ_6yYoUZ9xr7eeVCQr1fdQU4uo1e9bxJz0K7O-LdnzN-qTVZ9xAAKzH9LWsiPVk4H9cPNRNDCFCLqjKWmI-9N1RD"#,
    r#"Q2MFwT0","dq":"qx64-5G0flAJmx50bSHzS7i2Ha9TDI5Vw4WB-dUeIEViKhQPirkxmBQxROLCM1u344LFxIIh36ugkpOLs"#,
    r#"7jTy5tvYcj8q1wEO_9FUxKJqLgsx1l26OE1D_T_mmRdrtE3iLb03MpzaO-lyeEkEIsEX3dOebm0SsLyHNnAXYDFGuE","qi""#,
    r#":"lBhnh5dr8-kLYXtInlIzKbIlGOnM1yFIWLnf8hZsW4TEEQhnklUBjHclAnkzM5V3EVXadEvLsEaeZ6dXCWgcF9FA8HgvGM"#,
    r#"aGO7bzHEnEKpbYXj78jWUTHD2BJqiEZ4RfMgoy89AQaL8QYntk4k0U8TVSTKvKxAaOQSF3fhDlT4w"}"#,
);
const NODE_EDDSA: &str = concat!(
    r#"{"crv":"Ed25519","d":"hoFZ-GOOOEO7ovQVH6Rerqq97MBCvM31Q_xbc8qQETI","#,
    r#""x":"Gvk7YieeNHKX3s1F1beBfOYMsjAzU5mH57m4GDMudYo","kty":"OKP"}"#
);

fn number(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// `r ‖ s` as DER, which is what the verifier for WebAuthn reads.
fn der_signature(fixed: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let start = half.iter().position(|byte| *byte != 0).unwrap();
        let padding: &[u8] = if half[start] >= 0x80 { &[0] } else { &[] };
        let number = [padding, &half[start..]].concat();
        [&[0x02, u8::try_from(number.len()).unwrap()], number.as_slice()].concat()
    };
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let both = [integer(r), integer(s)].concat();
    let length = u8::try_from(both.len()).unwrap();
    let prefix = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    [prefix, both].concat()
}

/// Checks a signature with nothing but the public JWK.
fn verify(
    algorithm: JwsAlgorithm,
    public: &PublicJwk,
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    match (algorithm, public) {
        (JwsAlgorithm::EdDsa, PublicJwk::Okp { x, .. }) => {
            VerifyingKey::ed25519(&number(x)).unwrap().verify(message, signature)
        }
        (_, PublicJwk::Ec { x, y, .. }) => {
            let curve = if algorithm == JwsAlgorithm::Es256 { EcdsaCurve::P256 } else { EcdsaCurve::P521 };
            let key = VerifyingKey::ecdsa(curve, &number(x), &number(y)).unwrap();
            key.verify(message, &der_signature(signature))
        }
        (_, PublicJwk::Rsa { n, e }) => {
            let scheme = match algorithm {
                JwsAlgorithm::Rs256 => RsaScheme::Pkcs1Sha256,
                _ => RsaScheme::PssSha256,
            };
            VerifyingKey::rsa(scheme, &number(n), &number(e)).unwrap().verify(message, signature)
        }
        _ => panic!("{algorithm:?} has another kind of key"),
    }
}

#[test]
fn every_algorithm_signs_and_survives_being_stored() {
    for algorithm in JwsAlgorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let signature = key.sign(b"message").unwrap();
        verify(algorithm, key.public_jwk(), b"message", &signature).unwrap();
        assert!(verify(algorithm, key.public_jwk(), b"massage", &signature).is_err());

        let stored = key.private_jwk().unwrap();
        let restored = SigningKey::from_jwk(algorithm, &stored).unwrap();
        assert_eq!(restored.public_jwk(), key.public_jwk());
        assert_eq!(*restored.private_jwk().unwrap(), *stored);
        verify(algorithm, key.public_jwk(), b"again", &restored.sign(b"again").unwrap()).unwrap();
        assert_eq!(key.public_jwk().curve(), algorithm.curve());
        assert_eq!(JwsAlgorithm::from_name(algorithm.name()), Some(algorithm));
    }
}

#[test]
fn reads_the_keys_that_better_auth_writes_and_writes_them_as_it_does() {
    for (algorithm, json) in [
        (JwsAlgorithm::EdDsa, NODE_EDDSA),
        (JwsAlgorithm::Es256, NODE_ES256),
        (JwsAlgorithm::Es512, NODE_ES512),
        (JwsAlgorithm::Rs256, NODE_RSA),
        (JwsAlgorithm::Ps256, NODE_RSA),
    ] {
        let key = SigningKey::from_jwk(algorithm, json).unwrap();
        verify(algorithm, key.public_jwk(), b"m", &key.sign(b"m").unwrap()).unwrap();
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&key.private_jwk().unwrap()), value(json), "{algorithm:?}");
    }
}

#[test]
fn a_key_of_another_algorithm_or_with_foreign_parts_is_refused() {
    for algorithm in JwsAlgorithm::ALL {
        for (others, json) in [
            (&[JwsAlgorithm::EdDsa][..], NODE_EDDSA),
            (&[JwsAlgorithm::Es256], NODE_ES256),
            (&[JwsAlgorithm::Es512], NODE_ES512),
            (&[JwsAlgorithm::Rs256, JwsAlgorithm::Ps256], NODE_RSA),
        ] {
            let read = SigningKey::from_jwk(algorithm, json);
            assert_eq!(read.is_ok(), others.contains(&algorithm), "{algorithm:?} from {json}");
        }
    }
    let mut foreign: serde_json::Value = serde_json::from_str(NODE_EDDSA).unwrap();
    let PublicJwk::Okp { x, .. } = SigningKey::generate(JwsAlgorithm::EdDsa).unwrap().public else {
        panic!()
    };
    foreign["x"] = x.into();
    assert!(SigningKey::from_jwk(JwsAlgorithm::EdDsa, &foreign.to_string()).is_err());
    let mut foreign: serde_json::Value = serde_json::from_str(NODE_ES256).unwrap();
    let other = SigningKey::generate(JwsAlgorithm::Es256).unwrap();
    let PublicJwk::Ec { x, y, .. } = other.public else { panic!() };
    (foreign["x"], foreign["y"]) = (x.into(), y.into());
    assert!(SigningKey::from_jwk(JwsAlgorithm::Es256, &foreign.to_string()).is_err());
    let mut foreign: serde_json::Value = serde_json::from_str(NODE_RSA).unwrap();
    foreign["dp"] = foreign["dq"].clone();
    assert!(SigningKey::from_jwk(JwsAlgorithm::Rs256, &foreign.to_string()).is_err());
}

/// RFC 8037 §A.1 and §A.4.
#[test]
fn signs_the_example_of_rfc_8037() {
    let jwk = concat!(
        r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#,
        r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    );
    let key = SigningKey::from_jwk(JwsAlgorithm::EdDsa, jwk).unwrap();
    let token = key.sign_compact("eyJhbGciOiJFZERTQSJ9", b"Example of Ed25519 signing").unwrap();
    let expected = concat!(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.",
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
    assert_eq!(token, expected);
}

/// RFC 7515 §A.3: the key, the header and the payload are its; ECDSA's signature is another each time.
#[test]
fn signs_as_the_example_of_rfc_7515_is_signed() {
    let jwk = concat!(
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
        r#""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","#,
        r#""d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#
    );
    let payload = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    let key = SigningKey::from_jwk(JwsAlgorithm::Es256, jwk).unwrap();
    let token = key.sign_compact("eyJhbGciOiJFUzI1NiJ9", payload).unwrap();
    let signing_input = concat!(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt",
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    );
    let (input, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(input, signing_input);
    let published =
        number("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    for signature in [number(signature), published] {
        assert_eq!(signature.len(), 64);
        verify(JwsAlgorithm::Es256, key.public_jwk(), input.as_bytes(), &signature).unwrap();
    }
}

#[test]
fn debug_prints_no_private_part() {
    let key = SigningKey::from_jwk(JwsAlgorithm::EdDsa, NODE_EDDSA).unwrap();
    assert!(!format!("{key:?}").contains("hoFZ"));
}

#[test]
fn a_public_key_keeps_no_private_member() {
    let public: PublicJwk = serde_json::from_str(NODE_EDDSA).unwrap();
    assert!(!serde_json::to_string(&public).unwrap().contains("hoFZ"));
}

proptest! {
    #[test]
    fn no_jwk_panics(text in ".{0,200}", part in "[A-Za-z0-9_-]{0,90}") {
        for algorithm in JwsAlgorithm::ALL {
            let _ = SigningKey::from_jwk(algorithm, &text);
        }
        let jwk = |kty, crv| serde_json::json!({
            "kty": kty, "crv": crv, "x": part, "y": part, "n": part, "e": "AQAB", "d": part, "p": part, "q": part,
            "dp": part, "dq": part, "qi": part,
        });
        prop_assert!(SigningKey::from_jwk(JwsAlgorithm::EdDsa, &jwk("OKP", "Ed25519").to_string()).is_err());
        prop_assert!(SigningKey::from_jwk(JwsAlgorithm::Es256, &jwk("EC", "P-256").to_string()).is_err());
        prop_assert!(SigningKey::from_jwk(JwsAlgorithm::Es512, &jwk("EC", "P-521").to_string()).is_err());
        prop_assert!(SigningKey::from_jwk(JwsAlgorithm::Rs256, &jwk("RSA", "").to_string()).is_err());
    }
}
