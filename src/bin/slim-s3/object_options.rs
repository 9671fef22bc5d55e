//! The options of objects that are stored.

use std::path::Path;

use clap::Args;
use slim_s3::Upload;
use slim_s3::operation::{ChecksumAlgorithm, Encryption};

use crate::units;

/// Options of each object that is stored.
#[derive(Args, Clone, Debug)]
pub struct ObjectOptions {
    /// The media type; without it by the extension
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    media_type: Option<String>,
    /// An entry of the metadata
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = entry)]
    metadata: Vec<(String, String)>,
    /// A header of the object
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Fail if the object exists
    #[arg(long, conflicts_with = "if_match")]
    create_only: bool,
    /// Replace only the object with this ETag
    #[arg(long, value_name = "ETAG")]
    if_match: Option<String>,
    /// The size of the parts [default: 8M]
    #[arg(short, long, value_name = "SIZE", value_parser = units::size)]
    pub part_size: Option<u64>,
    /// How many parts or files at a time
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: u16,
    /// Sent and verified: crc32, crc32c, crc64nvme, sha1, sha256
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    checksum: Option<Checksum>,
    /// The storage class
    #[arg(long, value_name = "CLASS")]
    storage_class: Option<String>,
    /// Encryption by the store: AES256, aws:kms or aws:kms:KEY
    #[arg(long, value_name = "KIND", value_parser = encryption)]
    sse: Option<Encryption>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Checksum {
    Crc32,
    Crc32c,
    Crc64nvme,
    Sha1,
    Sha256,
    None,
}

impl Checksum {
    fn algorithm(self) -> Option<ChecksumAlgorithm> {
        match self {
            Checksum::Crc32 => Some(ChecksumAlgorithm::Crc32),
            Checksum::Crc32c => Some(ChecksumAlgorithm::Crc32c),
            Checksum::Crc64nvme => Some(ChecksumAlgorithm::Crc64Nvme),
            Checksum::Sha1 => Some(ChecksumAlgorithm::Sha1),
            Checksum::Sha256 => Some(ChecksumAlgorithm::Sha256),
            Checksum::None => None,
        }
    }
}

impl ObjectOptions {
    /// Adds the options, and the media type that the name's extension suggests.
    pub fn apply(&self, mut upload: Upload, name: &Path) -> Upload {
        let guessed = mime_guess::from_path(name).first_raw();
        let has_type = self
            .header
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if let Some(media_type) = self.media_type.as_deref().or(guessed.filter(|_| !has_type)) {
            upload = upload.content_type(media_type);
        }
        for (name, value) in &self.metadata {
            upload = upload.metadata(name, value);
        }
        for (name, value) in &self.header {
            upload = upload.header(name, value);
        }
        if self.create_only {
            upload = upload.if_none_match("*");
        }
        if let Some(etag) = &self.if_match {
            upload = upload.if_match(etag.as_str());
        }
        if let Some(bytes) = self.part_size {
            upload = upload.part_size(bytes);
        }
        if let Some(algorithm) = self.checksum.and_then(Checksum::algorithm) {
            upload = upload.compute_checksum(algorithm);
        }
        if let Some(class) = &self.storage_class {
            upload = upload.storage_class(class);
        }
        if let Some(encryption) = &self.sse {
            upload = upload.encryption(encryption.clone());
        }
        upload
    }
}

pub fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("expected a name, a colon and a value, such as \"cache-control: no-cache\"")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn entry(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("expected NAME=VALUE, such as owner=ada")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn encryption(text: &str) -> Result<Encryption, String> {
    match text.split_once("aws:kms") {
        _ if text == "AES256" => Ok(Encryption::S3),
        Some(("", "")) => Ok(Encryption::Kms { key_id: None }),
        Some(("", key)) if key.len() > 1 && key.starts_with(':') => Ok(Encryption::Kms {
            key_id: key.strip_prefix(':').map(str::to_owned),
        }),
        _ => Err("expected AES256, aws:kms or aws:kms:KEY".to_owned()),
    }
}
