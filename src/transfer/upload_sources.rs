//! The methods that start an upload: one for each kind of source.

use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use tokio::io::AsyncRead;

use crate::body::file::ByteStream;
use crate::body::{Body, Content, unusable};
use crate::client::Client;
use crate::error::BoxError;
use crate::response::reader::StreamReader;
use crate::transfer::parts::PartSource;
use crate::transfer::parts::bytes::BytesParts;
use crate::transfer::parts::file::FileParts;
use crate::transfer::parts::http_body::BodyStream;
use crate::transfer::parts::reader::{Reader, ReaderParts};
use crate::transfer::upload::Upload;

impl Client {
    /// Stores a file of any size: with one PutObject below 8 MiB, otherwise in parts of 8 MiB, four at a time.
    ///
    /// The parts are read from the file while they are sent, so little memory is used. A failed part is retried
    /// according to the [`RetryPolicy`](crate::RetryPolicy).
    ///
    /// A pipe or a device is read as [`upload_reader`](Client::upload_reader) does. A device, and on other systems than Linux
    /// a pipe, is read by a blocking thread: a read that waits for data goes on after the call was dropped, and a
    /// runtime that shuts down waits for it.
    ///
    /// If the response to the completion is lost, ListParts and HeadObject show what became of the upload. Only if they do not
    /// is the error's [outcome unknown](crate::Error::is_outcome_unknown).
    ///
    /// A failed upload is aborted. If the abort also fails, or the outcome is unknown and the upload may still be open, the
    /// error's [context](crate::Error::context) holds the upload ID. If the future is dropped, the upload is not aborted: its parts occupy storage until you or a lifecycle
    /// rule abort it.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let film = s3
    ///     .upload_file("films", "cat.mp4", "cat.mp4")
    ///     .content_type("video/mp4")
    ///     .send()
    ///     .await?;
    /// println!("{} bytes in {} parts, ETag {}", film.size, film.parts, film.etag);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`](crate::Error). It is [`Error::Invalid`](crate::Error::Invalid) if the file cannot be opened, and a
    /// [`Transport`](crate::Error::Transport) error if the file changes its length while it is read.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
    pub fn upload_file(&self, bucket: &str, key: &str, path: impl AsRef<Path>) -> Upload {
        let path = path.as_ref().to_owned();
        self.upload_parts(bucket, key, FileParts::Closed(path))
    }

    /// Stores everything a reader returns, of any length: with one PutObject below 8 MiB, otherwise in parts.
    ///
    /// Each part is buffered in memory before it is sent: at most `concurrency` + 1 parts at a time, and a
    /// small object takes at most twice its size. 10,000 parts of 8 MiB hold about 78 GiB; for longer streams set
    /// [`size_hint`](Upload::size_hint), [`max_memory`](Upload::max_memory) or [`part_size`](Upload::part_size). A stream that
    /// is too long is an error and is never truncated.
    ///
    /// There is no timeout for the reader: the upload stays open while it waits for data. Otherwise this works like
    /// [`upload_file`](Client::upload_file).
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// // Any tokio reader: a socket, the output of a process, standard input.
    /// let reader = tokio::net::TcpStream::connect("127.0.0.1:5140").await?;
    /// let log = s3.upload_reader("logs", "today.log", reader).send().await?;
    /// println!("{} bytes in {} parts", log.size, log.parts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`](crate::Error). It is a [`Transport`](crate::Error::Transport) error if the reader fails, and
    /// [`Error::Invalid`](crate::Error::Invalid) if the stream is too long for its part size.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
    #[doc(alias = "upload_fileobj")]
    pub fn upload_reader(
        &self,
        bucket: &str,
        key: &str,
        reader: impl AsyncRead + Send + 'static,
    ) -> Upload {
        let reader = Reader::Async(Box::pin(reader));
        self.upload_parts(bucket, key, ReaderParts::new(reader, None))
    }

    /// Stores a [`Body`] of any size: bytes in memory, an open file from its position, a range of a file, or a stream or a
    /// reader whose length is known.
    ///
    /// Bytes are not copied, and files are read while they are sent. A stream is buffered part by part, like that of
    /// [`upload_stream`](Client::upload_stream). Otherwise this works like [`upload_file`](Client::upload_file).
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let film = vec![0; 100 << 20];
    /// s3.upload("films", "black.raw", film).send().await?;
    /// s3.upload("films", "cat.mp4", std::fs::File::open("cat.mp4")?).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any kind of [`Error`](crate::Error). It is a [`Transport`](crate::Error::Transport) error if the data is shorter or longer than its
    /// length.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
    #[doc(alias = "upload_fileobj")]
    pub fn upload(&self, bucket: &str, key: &str, body: impl Into<Body>) -> Upload {
        let body = body.into();
        if let Err(error) = body.check() {
            return Upload::new(self.put_object(bucket, key, ()), Err(error));
        }
        match body.0 {
            Content::Bytes(bytes) => self.upload_parts(bucket, key, BytesParts::new(bytes)),
            Content::Source(source) => {
                if let Some(file) = source.as_file() {
                    let (file, offset) = (file.clone(), 0);
                    return self.upload_parts(bucket, key, FileParts::Open { file, offset });
                }
                let length = source.len();
                let stream = source.open().unwrap_or_else(|| Box::pin(stream::empty()));
                self.upload_chunks(bucket, key, stream, Some(length))
            }
            Content::Unusable(problem) => {
                Upload::new(self.put_object(bucket, key, ()), Err(unusable(&problem)))
            }
        }
    }

    /// Stores everything a blocking reader returns, of any length: standard input, a decompressor, an archive.
    ///
    /// The reader is read on a blocking thread, a part at a time. If the future is dropped, the reader is dropped after the
    /// read that is in progress; while that waits for data, a runtime that shuts down waits for it. Otherwise this works like
    /// [`upload_reader`](Client::upload_reader), and is faster for a pipe.
    ///
    /// ```no_run
    /// # async fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let input = std::io::stdin();
    /// let backup = s3.upload_blocking("backups", "home.tar", input).send().await?;
    /// println!("{} bytes in {} parts", backup.size, backup.parts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`upload_reader`](Client::upload_reader).
    #[doc(alias = "upload_fileobj")]
    pub fn upload_blocking(
        &self,
        bucket: &str,
        key: &str,
        reader: impl Read + Send + 'static,
    ) -> Upload {
        self.upload_parts(
            bucket,
            key,
            ReaderParts::new(Reader::blocking(reader), None),
        )
    }

    /// Stores all chunks of a stream, of any length. Otherwise this works like [`upload_reader`](Client::upload_reader).
    ///
    /// ```no_run
    /// # use bytes::Bytes;
    /// # async fn example<S>(s3: slim_s3::Client, download: S) -> Result<(), slim_s3::Error>
    /// # where S: futures_core::Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    /// // Such as `bytes_stream()` of a reqwest response.
    /// s3.upload_stream("mirror", "page.html", download).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`upload_reader`](Client::upload_reader).
    pub fn upload_stream<S, E>(&self, bucket: &str, key: &str, stream: S) -> Upload
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let stream = Box::pin(stream.map(|chunk| chunk.map_err(io::Error::other)));
        self.upload_chunks(bucket, key, stream, None)
    }

    /// Stores the data of an HTTP body, such as that of a request to a web server.
    ///
    /// If the body states its length, more or less data is an error. Otherwise this works like
    /// [`upload_reader`](Client::upload_reader).
    ///
    /// ```no_run
    /// # async fn example<B>(s3: slim_s3::Client, request: http::Request<B>)
    /// #     -> Result<(), slim_s3::Error>
    /// # where B: http_body::Body<Data: Send, Error = std::io::Error> + Send + 'static {
    /// let letter = request.into_body();
    /// s3.upload_http_body("inbox", "letter", letter).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`upload_reader`](Client::upload_reader).
    pub fn upload_http_body<B>(&self, bucket: &str, key: &str, body: B) -> Upload
    where
        B: http_body::Body + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let length = body.size_hint().exact();
        let stream = Box::pin(BodyStream(Box::pin(body)));
        self.upload_chunks(bucket, key, stream, length)
    }

    fn upload_chunks(
        &self,
        bucket: &str,
        key: &str,
        stream: ByteStream,
        length: Option<u64>,
    ) -> Upload {
        let reader = Reader::Async(Box::pin(StreamReader::new(stream)));
        self.upload_parts(bucket, key, ReaderParts::new(reader, length))
    }

    fn upload_parts(&self, bucket: &str, key: &str, source: impl PartSource + 'static) -> Upload {
        let put = self.put_object(bucket, key, ());
        Upload::new(put, Ok(Box::new(source)))
    }
}
