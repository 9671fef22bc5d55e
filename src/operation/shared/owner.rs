//! The owner of a bucket, an object or an upload.

use crate::error::Error;
use crate::xml::Element;

/// The owner of a bucket, an object or an upload.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Owner {
    /// The account ID.
    pub id: String,
    /// The display name; many stores omit it.
    pub display_name: Option<String>,
}

impl Owner {
    /// The `<Owner>` in an element, if it has one.
    pub(crate) fn of(element: &Element) -> Result<Option<Owner>, Error> {
        let Some(owner) = element.child("Owner")? else {
            return Ok(None);
        };
        Ok(Some(Owner {
            id: owner.optional_text("ID")?.unwrap_or_default().to_owned(),
            display_name: owner.optional_text("DisplayName")?.map(str::to_owned),
        }))
    }
}
