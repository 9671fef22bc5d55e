//! Requests with an XML document as their body.

use super::base64::base64_md5;
use crate::request::Request;
use crate::xml::Writer;

/// Sets the body, and the `Content-MD5` that stores require for some operations.
pub(crate) fn set_xml_body(request: &mut Request, document: Writer) {
    let document = document.finish();
    request.set_header("content-md5", &base64_md5(document.as_bytes()));
    request.set_header("content-type", "application/xml");
    request.body = document.into();
}
