//! Twelve everyday jobs with slim-s3, for `tests/boto3/compare`. `jobs.py` does the same with boto3: keep them alike.
//!
//! `jobs PREFIX FILE` runs them on the store in the environment, in buckets whose names start with PREFIX. FILE, of
//! 20 MiB, is uploaded. Prints a line for each job: its name, a tab, and `ok` or what went wrong.

use std::error::Error;
use std::fmt::Debug;

use slim_s3::Client;
use slim_s3::operation::Tag;

type Outcome = Result<(), Box<dyn Error>>;

/// The file to upload.
struct Sample {
    path: String,
    content: Vec<u8>,
}

struct Run {
    s3: Client,
    prefix: String,
    sample: Sample,
}

#[tokio::main]
async fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let (Some(prefix), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: jobs PREFIX FILE".into());
    };
    let content = std::fs::read(&path)?;
    let sample = Sample { path, content };
    let s3 = Client::from_env()?;
    let run = Run { s3, prefix, sample };

    run.job(1, "create_bucket, list_buckets", list_buckets)
        .await;
    run.job(2, "put_object of bytes, head_object", put_bytes)
        .await;
    run.job(3, "put_object of an open file", put_open_file)
        .await;
    run.job(4, "upload_fileobj / upload_reader of 20 MiB", upload_reader)
        .await;
    run.job(5, "upload_file of 20 MiB in parts", upload_file)
        .await;
    run.job(6, "get_object, whole and a range", get_object)
        .await;
    run.job(
        7,
        "list_objects_v2 with prefix, delimiter, pages",
        list_objects,
    )
    .await;
    run.job(8, "copy_object with new metadata", copy_object)
        .await;
    run.job(9, "put_object with IfNoneMatch=*, twice", put_once)
        .await;
    run.job(10, "put_object_tagging, get_object_tagging", tags)
        .await;
    run.job(11, "delete_objects of 25 keys", delete_objects)
        .await;
    run.job(
        12,
        "delete_object, head_object, delete_bucket",
        delete_bucket,
    )
    .await;
    Ok(())
}

impl Run {
    /// Runs a job in a bucket of its own, so that none depends on what another one left behind.
    async fn job(
        &self,
        number: u32,
        name: &str,
        work: impl AsyncFnOnce(&Client, &str, &Sample) -> Outcome,
    ) {
        let bucket = format!("{}-{number}", self.prefix);
        let outcome = match self.s3.create_bucket(&bucket).send().await {
            Ok(_) => work(&self.s3, &bucket, &self.sample).await,
            Err(error) => Err(error.into()),
        };
        if let Err(error) = clean_up(&self.s3, &bucket).await {
            eprintln!("slim-s3 did not delete the bucket of {name}: {error}");
        }
        match outcome {
            Ok(()) => println!("{name}\tok"),
            Err(error) => println!("{name}\t{error}"),
        }
    }
}

async fn clean_up(s3: &Client, bucket: &str) -> Result<(), slim_s3::Error> {
    let keys = match all_keys(s3, bucket).await {
        // The last job deletes it itself.
        Err(error) if error.code() == Some("NoSuchBucket") => return Ok(()),
        keys => keys?,
    };
    for key in keys {
        s3.delete_object(bucket, &key).send().await?;
    }
    s3.delete_bucket(bucket).send().await?;
    Ok(())
}

async fn all_keys(s3: &Client, bucket: &str) -> Result<Vec<String>, slim_s3::Error> {
    let mut keys = Vec::new();
    let mut pages = s3.list_objects_v2(bucket).pages();
    while let Some(page) = pages.next_page().await? {
        keys.extend(page.contents.into_iter().map(|object| object.key));
    }
    Ok(keys)
}

async fn is_listed(s3: &Client, bucket: &str) -> Result<bool, slim_s3::Error> {
    let buckets = s3.list_buckets().send().await?.buckets;
    Ok(buckets.iter().any(|listed| listed.name == bucket))
}

async fn list_buckets(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    // Created by `Run::job`.
    if !is_listed(s3, bucket).await? {
        return Err("wrong: the bucket is not listed".into());
    }
    Ok(())
}

async fn put_bytes(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    s3.put_object(bucket, "hello.txt", "Hello, S3!\n")
        .content_type("text/plain")
        .metadata("name", "Kitty")
        .send()
        .await?;
    let head = s3.head_object(bucket, "hello.txt").send().await?;
    expect("content length", head.content_length, Some(11))?;
    expect(
        "content type",
        head.content_type.as_deref(),
        Some("text/plain"),
    )?;
    expect("metadata", head.metadata("name"), Some("Kitty"))?;
    expect_content(s3, bucket, "hello.txt", b"Hello, S3!\n").await
}

async fn put_open_file(s3: &Client, bucket: &str, sample: &Sample) -> Outcome {
    let file = std::fs::File::open(&sample.path)?;
    s3.put_object(bucket, "file.bin", file).send().await?;
    expect_content(s3, bucket, "file.bin", &sample.content).await
}

async fn upload_reader(s3: &Client, bucket: &str, sample: &Sample) -> Outcome {
    let reader = tokio::fs::File::open(&sample.path).await?;
    s3.upload_reader(bucket, "reader.bin", reader)
        .send()
        .await?;
    expect_content(s3, bucket, "reader.bin", &sample.content).await
}

async fn upload_file(s3: &Client, bucket: &str, sample: &Sample) -> Outcome {
    let upload = s3
        .upload_file(bucket, "file.bin", &sample.path)
        .send()
        .await?;
    // boto3 returns nothing to check here.
    expect("number of parts", upload.parts, 3)?;
    let head = s3.head_object(bucket, "file.bin").send().await?;
    expect(
        "content length",
        head.content_length,
        Some(sample.content.len() as u64),
    )?;
    expect_content(s3, bucket, "file.bin", &sample.content).await
}

async fn get_object(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    s3.put_object(bucket, "digits", "0123456789").send().await?;
    expect_content(s3, bucket, "digits", b"0123456789").await?;
    let part = s3.get_object(bucket, "digits").range(2..6).send().await?;
    let text = String::from_utf8_lossy(&part.body.bytes().await?).into_owned();
    expect("range", text.as_str(), "2345")
}

async fn list_objects(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    let odd = ["(1) 'one'", "100%", "a b+c/é", "x&y=z", "日本/語"];
    let keys = (1..=20)
        .map(|number| format!("list/{number:02}"))
        .chain(odd.map(|name| format!("list/{name}")));
    let keys = sorted(keys);
    for key in keys.iter().map(String::as_str).chain(["elsewhere"]) {
        s3.put_object(bucket, key, "").send().await?;
    }

    // Not checked: the size of the pages. A store may return everything on one page.
    let mut listed = Vec::new();
    let mut pages = s3
        .list_objects_v2(bucket)
        .prefix("list/")
        .max_keys(10)
        .pages();
    while let Some(page) = pages.next_page().await? {
        listed.extend(page.contents.into_iter().map(|object| object.key));
    }
    expect("keys", sorted(listed), keys.clone())?;

    let folder = s3
        .list_objects_v2(bucket)
        .prefix("list/")
        .delimiter("/")
        .send()
        .await?;
    let direct = keys.into_iter().filter(|key| key.matches('/').count() == 1);
    let listed = folder.contents.into_iter().map(|object| object.key);
    expect("keys in the folder", sorted(listed), sorted(direct))?;
    expect(
        "folders",
        sorted(folder.common_prefixes),
        sorted(["list/a b+c/", "list/日本/"].map(str::to_owned)),
    )
}

async fn copy_object(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    s3.put_object(bucket, "the original", "content")
        .metadata("old", "yes")
        .send()
        .await?;
    s3.copy_object(bucket, "the copy", (bucket, "the original"))
        .replace_metadata()
        .content_type("text/plain")
        .metadata("name", "Kitty")
        .send()
        .await?;
    let head = s3.head_object(bucket, "the copy").send().await?;
    expect(
        "content type",
        head.content_type.as_deref(),
        Some("text/plain"),
    )?;
    expect("metadata", head.metadata("name"), Some("Kitty"))?;
    expect("metadata of the source", head.metadata("old"), None)?;
    expect_content(s3, bucket, "the copy", b"content").await
}

async fn put_once(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    s3.put_object(bucket, "once", "first")
        .if_none_match("*")
        .send()
        .await?;
    match s3
        .put_object(bucket, "once", "second")
        .if_none_match("*")
        .send()
        .await
    {
        Ok(_) => return Err("ignored: the object was overwritten".into()),
        Err(error) if error.is_precondition_failed() => {}
        Err(error) => return Err(error.into()),
    }
    expect_content(s3, bucket, "once", b"first").await
}

async fn tags(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    s3.put_object(bucket, "cat.jpg", "cat").send().await?;
    s3.put_object_tagging(bucket, "cat.jpg", [("kind", "cat"), ("year", "2026")])
        .send()
        .await?;
    let mut tags = s3
        .get_object_tagging(bucket, "cat.jpg")
        .send()
        .await?
        .tag_set;
    tags.sort_by(|one, two| one.key.cmp(&two.key));
    expect(
        "tags",
        tags,
        [("kind", "cat"), ("year", "2026")].map(Tag::from).to_vec(),
    )?;
    // gofakes3 replaces it by the tags.
    expect_content(s3, bucket, "cat.jpg", b"cat").await
}

async fn delete_objects(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    let keys = (1..=25)
        .map(|number| format!("delete/{number:02}"))
        .collect::<Vec<_>>();
    for key in &keys {
        s3.put_object(bucket, key, "").send().await?;
    }
    expect("keys before", all_keys(s3, bucket).await?.len(), 25)?;
    let output = s3.delete_objects(bucket, &keys).send().await?;
    expect("errors", output.errors.first(), None)?;
    expect("keys left", all_keys(s3, bucket).await?.len(), 0)
}

async fn delete_bucket(s3: &Client, bucket: &str, _: &Sample) -> Outcome {
    s3.put_object(bucket, "cat.jpg", "cat").send().await?;
    s3.head_object(bucket, "cat.jpg").send().await?;
    s3.delete_object(bucket, "cat.jpg").send().await?;
    match s3.head_object(bucket, "cat.jpg").send().await {
        Ok(_) => return Err("wrong: the object still exists".into()),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    s3.delete_bucket(bucket).send().await?;
    if is_listed(s3, bucket).await? {
        return Err("wrong: the bucket is still listed".into());
    }
    Ok(())
}

fn sorted(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut names = names.into_iter().collect::<Vec<_>>();
    names.sort();
    names
}

fn expect<T: Debug + PartialEq>(what: &str, found: T, expected: T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("wrong: {what}: {found:?} instead of {expected:?}").into())
}

async fn expect_content(s3: &Client, bucket: &str, key: &str, expected: &[u8]) -> Outcome {
    let found = s3
        .get_object(bucket, key)
        .send()
        .await?
        .body
        .bytes()
        .await?;
    expect("length of the content", found.len(), expected.len())?;
    if found != expected {
        return Err("wrong: the content has changed".into());
    }
    Ok(())
}
