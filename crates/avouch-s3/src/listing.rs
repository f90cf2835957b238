//! What a bucket holds, page by page, and its objects.

use roxmltree::{Document, Node};

use crate::{Ask, Bucket, Client, Credentials, Fetched, HttpError, Utc};

/// Most bytes of a page: a thousand objects, each of whose names may take three kilobytes when encoded.
const MAX_PAGE: u64 = 8 << 20;

/// An object of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// What the store says its content is known by, without quotes; another content has another one.
    pub etag: String,
    /// When it was written, RFC 3339.
    pub modified: String,
}

/// Where a listing begins. Names come in the order of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFrom<'a> {
    /// With the first name.
    Start,
    /// With the first name after this one.
    After(&'a str),
    /// Where the page before ended.
    Next(&'a str),
}

/// A part of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects, in the order of their names.
    pub objects: Vec<Object>,
    /// With a delimiter: beginnings of names up to it, which are not listed one by one.
    pub folders: Vec<String>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// Why there is no answer, or none that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum S3Error {
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer is no listing.
    #[error("the listing of bucket `{bucket}` cannot be read: {why}")]
    Listing {
        /// Of which bucket.
        bucket: String,
        /// Why.
        why: String,
    },
}

impl S3Error {
    /// Whether the same request may fare better later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_passing())
    }

    /// Whether the store says that there is no such object or bucket.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Http(HttpError::Refused { status: 404, .. }))
    }
}

/// A bucket to read from, and whoever reads it.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// Sends the requests.
    pub client: &'a Client,
    /// The bucket.
    pub bucket: &'a Bucket,
    /// Who reads.
    pub credentials: &'a Credentials,
}

impl Reader<'_> {
    /// One page of the names that begin with `prefix` (`ListObjectsV2`). With a `delimiter`, names that go on behind it are told
    /// as folders.
    ///
    /// # Errors
    /// When the request fails or the answer is no listing.
    pub fn list(&self, prefix: &str, from: ListFrom<'_>, delimiter: Option<&str>, now: Utc) -> Result<Page, S3Error> {
        let mut query = vec![("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix)];
        match from {
            ListFrom::Start => {}
            ListFrom::After(key) => query.push(("start-after", key)),
            ListFrom::Next(token) => query.push(("continuation-token", token)),
        }
        query.extend(delimiter.map(|d| ("delimiter", d)));
        let request = self.bucket.request(Ask::get("", &query), self.credentials, now)?;
        let answer = self.client.send(&request, MAX_PAGE)?;
        parse(&answer).map_err(|why| S3Error::Listing { bucket: self.bucket.name.clone(), why })
    }

    /// The content of an object of `limit` bytes at most, and its metadata.
    ///
    /// # Errors
    /// When the request fails or the object is larger.
    pub fn get(&self, key: &str, limit: u64, now: Utc) -> Result<Fetched, S3Error> {
        let request = self.bucket.request(Ask::get(key, &[]), self.credentials, now)?;
        Ok(self.client.fetch(&request, limit)?)
    }
}

/// Reads a `ListBucketResult`. Elements are told by their names alone: stores differ in the name space they write.
fn parse(answer: &[u8]) -> Result<Page, String> {
    let text = std::str::from_utf8(answer).map_err(|e| e.to_string())?;
    let document = Document::parse(text).map_err(|e| e.to_string())?;
    let root = document.root_element();
    if root.tag_name().name() != "ListBucketResult" {
        return Err(format!("it is a `{}`", root.tag_name().name()));
    }
    let encoded = child(root, "EncodingType") == Some("url");
    let name = |text: &str| if encoded { decode(text) } else { Some(text.to_owned()) };
    let key = |node: Node<'_, '_>, tag: &str| child(node, tag).and_then(name).filter(|k| !k.is_empty());
    let mut page = Page::default();
    for node in root.children().filter(Node::is_element) {
        match node.tag_name().name() {
            "Contents" => page.objects.push(Object {
                key: key(node, "Key").ok_or("an object has no name")?,
                bytes: child(node, "Size").and_then(|t| t.parse().ok()).ok_or("an object has no size")?,
                etag: child(node, "ETag").unwrap_or_default().trim_matches('"').to_owned(),
                modified: child(node, "LastModified").unwrap_or_default().to_owned(),
            }),
            "CommonPrefixes" => page.folders.push(key(node, "Prefix").ok_or("a folder has no name")?),
            _ => {}
        }
    }
    if child(root, "IsTruncated") == Some("true") {
        let next = child(root, "NextContinuationToken").filter(|t| !t.is_empty());
        page.next = Some(next.ok_or("it goes on, and does not say where")?.to_owned());
    }
    Ok(page)
}

fn child<'a>(node: Node<'a, '_>, tag: &str) -> Option<&'a str> {
    node.children().find(|n| n.tag_name().name() == tag).map(|n| n.text().unwrap_or_default().trim())
}

/// Undoes the encoding of names in listings: that of forms, where a blank is `+`.
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_are_read() {
        let answer = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><EncodingType>url</EncodingType>
 <IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
 <Contents><Key>a/x+y%2B%C3%BC.gz</Key><LastModified>2026-11-26T10:00:00.000Z</LastModified>
  <ETag>&quot;70ee1738b6b21e2c8a43f3a5ab0eee71&quot;</ETag><Size>11</Size></Contents>
 <Contents><Size>0</Size><Key>b</Key></Contents>
 <CommonPrefixes><Prefix>c%2F</Prefix></CommonPrefixes></ListBucketResult>"#;
        let page = parse(answer.as_bytes()).unwrap();
        assert_eq!(page.objects[0].key, "a/x y+ü.gz");
        assert_eq!((page.objects[0].bytes, page.objects[1].key.as_str()), (11, "b"));
        assert_eq!(page.objects[0].etag, "70ee1738b6b21e2c8a43f3a5ab0eee71");
        assert_eq!(page.folders, ["c/"]);
        assert_eq!(page.next.as_deref(), Some("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="));
    }

    #[test]
    fn names_are_decoded_only_where_the_store_says_that_it_encoded_them() {
        let plain = "<ListBucketResult><Contents><Key>a+b%2B</Key><Size>1</Size></Contents></ListBucketResult>";
        assert_eq!(parse(plain.as_bytes()).unwrap().objects[0].key, "a+b%2B");
    }

    #[test]
    fn what_is_no_listing_is_an_error() {
        for answer in [
            "",
            "<html>",
            "<Error><Code>AccessDenied</Code></Error>",
            "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
            "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><ListBucketResult>&x;</ListBucketResult>",
            "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size></Contents></ListBucketResult>",
        ] {
            assert!(parse(answer.as_bytes()).is_err(), "{answer}");
        }
        assert_eq!(parse(b"<ListBucketResult/>").unwrap(), Page::default(), "an empty bucket");
    }

    proptest! {
        #[test]
        fn any_answer_ends(answer in r#"(<(ListBucketResult|Contents|Key|Size|IsTruncated)>|</(ListBucketResult|Contents|Key)>|[a-z0-9&;%<>"' ]){0,80}"#) {
            drop(parse(answer.as_bytes()));
        }
    }
}
