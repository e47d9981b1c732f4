//! Personal fields of an event, sealed under the key of whom they are about.

use kiavi_base::{EventId, Rng};
use kiavi_crypto::{PersonalCiphertext, PersonalKey, SealError};

use super::{
    EncodeError, Facts, SubjectId,
    body::VERSION,
    cbor::{DecodeError, Reader, Writer},
};

/// What personal fields of an event are about; each group is sealed as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealedGroup {
    /// Where the request came from: `ip`, `user_agent`. Of whoever made it.
    Request,
    /// What is known of the subject: addresses, names, and what these were before. Of the subject.
    Subject,
}

impl SealedGroup {
    /// Its name in the event.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Subject => "subject",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Request, Self::Subject].into_iter().find(|group| group.name() == name)
    }
}

/// One group of personal fields of an event. Without its holder's key it says nothing but how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFields {
    /// Whose key opens it.
    pub holder: SubjectId,
    /// What it is about.
    pub group: SealedGroup,
    /// The fields, encrypted.
    pub sealed: PersonalCiphertext,
}

impl SealedFields {
    /// Seals `fields` of the event `event` under the key of `holder`.
    ///
    /// # Errors
    /// When the fields have fractions or are nested too deep.
    pub fn seal(
        rng: &dyn Rng,
        (holder, key): (SubjectId, &PersonalKey),
        event: EventId,
        group: SealedGroup,
        fields: &Facts,
    ) -> Result<Self, EncodeError> {
        let mut writer = Writer::new();
        writer.map(fields, 0)?;
        let sealed = key.seal(rng, VERSION.as_bytes(), &context(event, group), &writer.finish());
        Ok(Self { holder, group, sealed })
    }

    /// The fields. `event` is the id of the event that they are in: in another they do not open.
    ///
    /// # Errors
    /// When `key` is not the holder's, or anything is not as it was sealed.
    pub fn open(&self, key: &PersonalKey, event: EventId) -> Result<Facts, SealError> {
        let text = key.open(VERSION.as_bytes(), &context(event, self.group), &self.sealed)?;
        let mut reader = Reader::new(&text);
        let fields = reader.map(0).map_err(|_| SealError)?;
        if reader.is_at_end() { Ok(fields) } else { Err(SealError) }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.array(5);
        writer.bytes(self.holder.as_bytes());
        writer.text(self.group.name());
        writer.bytes(&self.sealed.nonce);
        writer.bytes(&self.sealed.commitment);
        writer.bytes(&self.sealed.ciphertext);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.array()? != 5 {
            return Err(DecodeError::Malformed);
        }
        Ok(Self {
            holder: SubjectId::from_bytes(reader.fixed()?),
            group: SealedGroup::named(reader.text()?).ok_or(DecodeError::Malformed)?,
            sealed: PersonalCiphertext {
                nonce: reader.fixed()?,
                commitment: reader.fixed()?,
                ciphertext: reader.bytes()?.to_vec(),
            },
        })
    }
}

/// What a group is bound to: this event, and which group it is.
fn context(event: EventId, group: SealedGroup) -> Vec<u8> {
    [event.as_bytes(), group.name().as_bytes()].concat()
}
