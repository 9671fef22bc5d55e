//! Requests whose body is an XML document.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::md5;
use crate::request::Request;
use crate::xml::Writer;

/// Gives a request a document, and the `Content-MD5` that stores insist on for some operations.
pub(crate) fn set_xml_body(request: &mut Request, document: Writer) {
    let document = document.finish();
    let digest = STANDARD.encode(md5(document.as_bytes()));
    request.set_header("content-md5", &digest);
    request.set_header("content-type", "application/xml");
    request.body = document.into();
}
