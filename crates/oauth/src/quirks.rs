//! Where a provider is odd: one small function each.

use serde_json::Value;

use crate::profile::{Profile, Sources, text, truth};

/// GitHub: the address may be private, and only the list of addresses says which are proved.
pub(crate) fn github(sources: &Sources<'_>, read: Profile) -> Option<Profile> {
    let list = sources.answers.get(1).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let primary = list.iter().find(|entry| entry["primary"] == true).or(list.first());
    let email = read.email.clone().or_else(|| text(primary?, "/email"));
    let entry = list.iter().find(|entry| email.is_some() && entry["email"].as_str() == email.as_deref());
    let email_verified = Some(entry.is_some_and(|entry| entry["verified"] == true));
    Some(Profile { email, email_verified, ..read })
}

/// Apple: the name comes once, from the browser; the address only from the signed token.
pub(crate) fn apple(sources: &Sources<'_>, read: Profile) -> Option<Profile> {
    let part = |pointer| sources.brought.and_then(|brought| text(brought, pointer)).unwrap_or_default();
    let brought = format!("{} {}", part("/name/firstName"), part("/name/lastName"));
    let name = match brought.trim() {
        "" => read.name.clone(),
        name => name.to_owned(),
    };
    Some(Profile { name, ..read })
}

/// Microsoft: a tenant's administrator writes `email` at will, so it counts as proved only where the token says so
/// by a claim of its own.
pub(crate) fn microsoft(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    let lists = |name: &str| {
        let list = read.raw.get(name).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|entry| entry.as_str() == read.email.as_deref()))
    };
    let told = truth(read.raw.get("email_verified"));
    let proved =
        read.email.is_some() && (lists("verified_primary_email") || lists("verified_secondary_email"));
    Some(Profile { email_verified: Some(told.unwrap_or(proved)), ..read })
}

/// Discord: a picture is told by its hash; without one it is Discord's own of the account's number, or for accounts
/// of the older kind of its discriminator ("CDN Endpoints" of its API reference).
pub(crate) fn discord(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    let is_plain = |text: &String| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let image = match text(&read.raw, "/avatar").filter(is_plain) {
        Some(hash) => {
            let kind = if hash.starts_with("a_") { "gif" } else { "png" };
            format!("https://cdn.discordapp.com/avatars/{}/{hash}.{kind}", read.subject)
        }
        None => {
            let number = |text: String| text.parse::<u64>().ok();
            let index = match text(&read.raw, "/discriminator").and_then(number) {
                Some(discriminator) if discriminator != 0 => discriminator % 5,
                _ => (number(read.subject.clone()).unwrap_or_default() >> 22) % 6,
            };
            format!("https://cdn.discordapp.com/embed/avatars/{index}.png")
        }
    };
    Some(Profile { image: Some(image), ..read })
}

/// GitLab: only an active account that is not locked signs in.
pub(crate) fn gitlab(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    let is_locked = read.raw.get("locked").is_some_and(|locked| *locked != false && !locked.is_null());
    (read.raw["state"] == "active" && !is_locked).then_some(read)
}

/// X: the address is an answer of its own, told only when it was confirmed.
pub(crate) fn twitter(sources: &Sources<'_>, read: Profile) -> Option<Profile> {
    let email = sources.answers.get(1).and_then(|answer| text(answer, "/data/confirmed_email"));
    Some(Profile { email_verified: Some(email.is_some()), email, ..read })
}

/// Kakao: an address must be both valid and verified.
pub(crate) fn kakao(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    let is_valid = truth(read.raw.pointer("/kakao_account/is_email_valid")) == Some(true);
    Some(Profile { email_verified: Some(is_valid && read.email_verified == Some(true)), ..read })
}

/// Zoom tells `verified` as a number.
pub(crate) fn zoom(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    Some(Profile { email_verified: Some(read.raw["verified"] == 1 || read.raw["verified"] == true), ..read })
}

/// VK: a name in two parts.
pub(crate) fn vk(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    let part = |pointer| text(&read.raw, pointer).unwrap_or_default();
    let name = format!("{} {}", part("/user/first_name"), part("/user/last_name")).trim().to_owned();
    Some(Profile { name, ..read })
}

/// Reddit: parameters behind the picture sign it for other pages.
pub(crate) fn reddit(_: &Sources<'_>, read: Profile) -> Option<Profile> {
    let image = read.image.as_deref().and_then(|image| image.split('?').next()).map(str::to_owned);
    Some(Profile { image, ..read })
}
