//! An explanation as JSON.

use super::{ChunkedBody, Explanation, Kind, PolicyExplanation, View};
use crate::sigv4::{CredentialScope, json};

/// An object that is written field by field.
struct Object(String);

impl Object {
    fn new() -> Object {
        Object(String::from("{"))
    }

    /// Adds a value that is JSON.
    fn raw(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.extend([&json(name), ":", value]);
    }

    fn text(&mut self, name: &str, value: &str) {
        self.raw(name, &json(value));
    }

    fn optional(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(value) => self.text(name, &value),
            None => self.raw(name, "null"),
        }
    }

    fn flag(&mut self, name: &str, value: bool) {
        self.raw(name, if value { "true" } else { "false" });
    }

    fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn list(items: impl Iterator<Item = Object>) -> String {
    let items: Vec<String> = items.map(Object::finish).collect();
    ["[", &items.join(","), "]"].concat()
}

impl View<'_, Explanation> {
    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        let request = self.of.canonical_request();
        let scope = self.of.scope();
        let spans = self.canonical_request();
        let document: String = spans.iter().map(|(_, text)| text.as_str()).collect();
        let query: Vec<String> = (request.query.iter())
            .map(|(name, value)| {
                let value = self.value(value, crate::redact::is_secret(name));
                [name, "=", &value].concat()
            })
            .collect();

        let mut object = Object::new();
        let (kind, expires) = match self.of.kind() {
            Kind::Header => ("header", None),
            Kind::Presigned { expires } => ("presigned", Some(expires.as_secs().to_string())),
            Kind::Anonymous => ("anonymous", None),
        };
        object.text("kind", kind);
        object.text("method", &request.method);
        object.text("url", &self.url());
        object.raw("headers", &self.json_headers());
        object.text("canonical_uri", &request.uri);
        object.text("canonical_query", &query.join("&"));
        object.text(
            "signed_headers",
            &request.headers.signed_headers().to_string(),
        );
        object.text("payload_hash", &request.payload_hash.to_string());
        object.text("canonical_request", &document);
        object.text("canonical_request_sha256", &request.hash());
        let spans = spans.iter().map(|(span, text)| {
            let mut object = Object::new();
            object.raw("start", &span.range.start.to_string());
            object.raw("end", &span.range.end.to_string());
            object.raw("line", &span.line.to_string());
            object.text("origin", span.origin.name());
            object.optional("name", span.name.clone());
            object.text("text", text);
            object
        });
        object.raw("spans", &list(spans));
        let access_key_id = self.of.signing().map(|signing| &*signing.access_key_id);
        self.write_scope(&mut object, access_key_id, scope);
        let string_to_sign = self.of.string_to_sign();
        object.optional("string_to_sign", string_to_sign.map(ToString::to_string));
        self.write_keys(&mut object);
        let signature = self.of.signature();
        object.optional(
            "signature",
            signature.map(|signature| self.signature(signature)),
        );
        object.optional("authorization", self.authorization());
        object.raw("expires", expires.as_deref().unwrap_or("null"));
        let chunks = self.of.chunks().map(|chunks| self.json_chunks(chunks));
        object.raw("chunks", chunks.as_deref().unwrap_or("null"));
        object.flag("masked", self.is_masked());
        object.finish()
    }

    fn json_headers(&self) -> String {
        list(self.of.headers().iter().map(|header| {
            let mut object = Object::new();
            object.text("name", header.name());
            object.text("value", &self.value(header.value(), header.is_secret()));
            object.flag("signed", header.rule().is_signed());
            object.text("rule", header.rule().name());
            object.text("reason", &header.rule().to_string());
            object
        }))
    }

    fn json_chunks(&self, body: &ChunkedBody) -> String {
        let chunks = body.chunks().iter().map(|chunk| {
            let previous = chunk.previous.as_ref();
            let previous = previous.map(|previous| self.signature(previous));
            let text = previous.and_then(|previous| chunk.string_after(&previous));
            let signature = chunk.signature.as_ref();
            let mut object = Object::new();
            object.raw("offset", &chunk.offset.to_string());
            object.raw("length", &chunk.length.to_string());
            object.text("sha256", &chunk.sha256);
            object.optional("string_to_sign", text);
            object.optional(
                "signature",
                signature.map(|signature| self.signature(signature)),
            );
            object
        });
        let trailer = body.trailer().map(|trailer| {
            let previous = trailer.previous.as_ref();
            let previous = previous.map(|previous| self.signature(previous));
            let text = previous.and_then(|previous| trailer.string_after(&previous));
            let signature = trailer.signature.as_ref();
            let mut object = Object::new();
            object.text("canonical", &trailer.canonical);
            object.text("sha256", &trailer.sha256);
            object.optional("string_to_sign", text);
            object.optional(
                "signature",
                signature.map(|signature| self.signature(signature)),
            );
            object.finish()
        });
        let mut object = Object::new();
        object.raw("length", &body.length().to_string());
        object.raw("chunks", &list(chunks));
        object.raw("trailer", trailer.as_deref().unwrap_or("null"));
        object.finish()
    }
}

impl<T> View<'_, T> {
    fn write_scope(
        &self,
        object: &mut Object,
        access_key_id: Option<&str>,
        scope: Option<&CredentialScope>,
    ) {
        object.optional("access_key_id", access_key_id.map(str::to_owned));
        object.optional("date", scope.map(|scope| scope.at.to_string()));
        object.optional("region", scope.map(|scope| scope.region.clone()));
        object.optional("service", scope.map(|scope| scope.service.clone()));
        object.optional("credential_scope", scope.map(ToString::to_string));
    }

    fn write_keys(&self, object: &mut Object) {
        if self.keys.is_none() {
            return object.raw("keys", "null");
        }
        let mut keys = Object::new();
        for (name, key) in self.shown_keys() {
            keys.text(&name.replace(' ', "_"), &key);
        }
        object.raw("keys", &keys.finish());
    }
}

impl View<'_, PolicyExplanation> {
    /// As JSON, on one line.
    pub fn to_json(&self) -> String {
        let mut object = Object::new();
        object.text("kind", "post_policy");
        object.text("url", self.of.form().url());
        let conditions = self.of.conditions().iter().map(|condition| {
            let mut object = Object::new();
            object.text("field", condition.field());
            object.raw("condition", &self.condition(condition));
            object.text("source", condition.source().name());
            object
        });
        object.raw("conditions", &list(conditions));
        object.text("policy", &self.policy());
        let text = self.of.string_to_sign();
        object.text("string_to_sign", &self.value(&text, self.of.has_secret()));
        let fields = self.fields();
        let credential = fields.iter().find(|(name, _)| name == "x-amz-credential");
        let access_key_id = credential.and_then(|(_, value)| Some(value.split_once('/')?.0));
        self.write_scope(&mut object, access_key_id, Some(self.of.scope()));
        self.write_keys(&mut object);
        object.text("signature", &self.signature(self.of.signature()));
        let fields = fields.iter().map(|(name, value)| {
            let mut object = Object::new();
            object.text("name", name);
            object.text("value", value);
            object
        });
        object.raw("fields", &list(fields));
        object.flag("masked", self.is_masked());
        object.finish()
    }
}
