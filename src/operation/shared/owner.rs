//! Whose something is.

use crate::xml::Element;

/// Whose something is, as the store names them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Owner {
    /// The account's ID.
    pub id: String,
    /// A name for people; many stores have none.
    pub display_name: Option<String>,
}

impl Owner {
    /// The `<Owner>` in an element, if it is there.
    pub(crate) fn of(element: &Element) -> Option<Owner> {
        let owner = element.child("Owner")?;
        Some(Owner {
            id: owner.optional_text("ID").unwrap_or_default().to_owned(),
            display_name: owner.optional_text("DisplayName").map(str::to_owned),
        })
    }
}
