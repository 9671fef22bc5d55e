//! Calls and transfers for programs without a runtime: the feature `blocking`.
//!
//! Each method runs its async counterpart by [`Client::block_on`].
//!
//! Uses `driver`, `transfer`, `doctor` and all that they may use. Start with [`Client::block_on`].

use std::future::Future;
use std::io::{self, BufRead, Read};
use std::iter;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use crate::call::{Call, Operation};
use crate::client::Client;
#[cfg(feature = "credentials")]
use crate::client::builder::ClientBuilder;
use crate::doctor::{Doctor, report::DoctorReport};
use crate::driver::{Driver, is_in_task};
use crate::error::Error;
use crate::operation::{ListObjectsV2, Object, Paginated};
use crate::response::body::ResponseBody;
use crate::transfer::delete_many::{DeleteMany, DeleteManyOutput};
use crate::transfer::download::{Download, DownloadOutput, ToFile};
use crate::transfer::pages::Pages;
use crate::transfer::upload::{Upload, UploadOutput};

/// For programs without a runtime.
impl Client {
    /// Runs a call to its end on this thread, in a program without a runtime: for what has no method of its own.
    ///
    /// The first call starts a background thread, which runs the connections of all clones and ends with the last of them.
    /// Any number of threads can wait for calls at a time.
    ///
    /// Async and blocking calls of a client share its connections, so the runtime of the async ones must not be left idle by
    /// its `block_on`: use another client there.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let put = s3.put_object("photos", "note.txt", "Hello").send_with_metadata();
    /// println!("{} attempts", s3.block_on(put)?.attempts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call. It is [`Error::Invalid`] in a task of a tokio runtime, which must not be blocked, and if the
    /// background thread cannot be started. It works inside `spawn_blocking`. A task inside `tokio::task::unconstrained` is
    /// not recognised, and is blocked.
    pub fn block_on<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let driver = self.driver()?;
        driver.settle();
        driver.wait(call)
    }

    /// The background thread, unless this thread must not be blocked.
    fn driver(&self) -> Result<Arc<Driver>, Error> {
        if is_in_task() {
            return Err(in_task());
        }
        let driver = &mut self.shared().driver;
        if let Some(driver) = driver {
            return Ok(driver.clone());
        }
        Ok(driver.insert(Arc::new(Driver::start()?)).clone())
    }
}

#[cfg(feature = "credentials")]
impl ClientBuilder {
    /// Like [`from_default_chain`](ClientBuilder::from_default_chain), in a program without a runtime. A background thread runs
    /// until it returns.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), slim_s3::Error> {
    /// let s3 = slim_s3::ClientBuilder::from_default_chain_blocking(None)?.build()?;
    /// s3.put_object("photos", "note.txt", "Hello").send_blocking()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client::from_default_chain`] and [`Client::block_on`].
    pub fn from_default_chain_blocking(profile: Option<&str>) -> Result<ClientBuilder, Error> {
        if is_in_task() {
            return Err(in_task());
        }
        Driver::start()?.wait(ClientBuilder::from_default_chain(profile))
    }
}

#[cold]
fn in_task() -> Error {
    Error::invalid(
        "runtime",
        "a blocking call would stop the tokio task that it is in",
        "use .send().await, or tokio::task::spawn_blocking",
    )
}

impl<O: Operation> Call<O> {
    /// Like [`send`](Call::send), in a program without a runtime. [`Client::block_on`] says where it works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// s3.put_object("photos", "note.txt", "Hello").send_blocking()?;
    /// let note = s3.get_object("photos", "note.txt").send_blocking()?;
    /// println!("{}", std::io::read_to_string(note.body.into_blocking_reader())?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`send`](Call::send) and [`Client::block_on`].
    pub fn send_blocking(self) -> Result<O::Output, Error> {
        let client = self.client.clone();
        client.block_on(self.send())
    }
}

impl Upload {
    /// Like [`send`](Upload::send), in a program without a runtime. [`Client::block_on`] says where it works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let log = s3.upload_blocking("logs", "today.log", std::io::stdin()).send_blocking()?;
    /// println!("{} bytes in {} parts", log.size, log.parts);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client::upload_file`] and [`Client::block_on`].
    pub fn send_blocking(self) -> Result<UploadOutput, Error> {
        let client = self.put.client.clone();
        client.block_on(self.send())
    }
}

impl Download<ToFile> {
    /// Like [`send`](Download::send), in a program without a runtime. [`Client::block_on`] says where it works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let film = s3.download_file("films", "cat.mp4", "cat.mp4").send_blocking()?;
    /// println!("{} bytes", film.size);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client::download_file`] and [`Client::block_on`].
    pub fn send_blocking(self) -> Result<DownloadOutput, Error> {
        let client = self.source.get.client.clone();
        client.block_on(self.send())
    }
}

impl DeleteMany {
    /// Like [`send`](DeleteMany::send), in a program without a runtime. [`Client::block_on`] says where it works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// let output = s3.delete_many("photos", ["cat.jpg", "dog.jpg"]).send_blocking()?;
    /// println!("{} deleted, {} not", output.deleted.len(), output.errors.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client::delete_many`] and [`Client::block_on`].
    pub fn send_blocking(self) -> Result<DeleteManyOutput, Error> {
        let client = self.client.clone();
        client.block_on(self.send())
    }
}

impl Doctor {
    /// Like [`send`](Doctor::send), in a program without a runtime. [`Client::block_on`] says where it works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// println!("{}", s3.doctor("photos").write(true).send_blocking()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`Client::block_on`]. What ends an examination early is in the [report](DoctorReport::error).
    pub fn send_blocking(self) -> Result<DoctorReport, Error> {
        let client = self.client.clone();
        client.block_on(async { Ok(self.send().await) })
    }
}

impl<O: Paginated> Pages<O> {
    /// The pages as an iterator, for programs without a runtime. It ends after an error. [`Client::block_on`] says where it
    /// works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for page in s3.list_objects_v2("photos").pages().into_blocking_iter() {
    ///     println!("{} objects", page?.contents.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_blocking_iter(self) -> impl Iterator<Item = Result<O::Output, Error>> + Send {
        let client = self.client.clone();
        let mut pages = Some(self);
        iter::from_fn(move || {
            let page = client.block_on(pages.as_mut()?.next_page()).transpose();
            if !matches!(page, Some(Ok(_))) {
                pages = None;
            }
            page
        })
    }
}

impl Call<ListObjectsV2> {
    /// The objects of all pages, as an iterator, for programs without a runtime. It ends after an error.
    /// [`Client::block_on`] says where it works.
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), slim_s3::Error> {
    /// for object in s3.list_objects_v2("photos").prefix("2026/").objects_blocking() {
    ///     println!("{}", object?.key);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn objects_blocking(self) -> impl Iterator<Item = Result<Object, Error>> + Send {
        let pages = self.pages().into_blocking_iter();
        pages.flat_map(|page| match page {
            Ok(page) => page.contents.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }
}

impl ResponseBody {
    /// Like [`bytes`](ResponseBody::bytes), in a program without a runtime. [`Client::block_on`] says where it works.
    ///
    /// # Errors
    ///
    /// See [`chunk`](ResponseBody::chunk) and [`Client::block_on`].
    pub fn bytes_blocking(self) -> Result<Bytes, Error> {
        match self.client().cloned() {
            Some(client) => client.block_on(self.bytes()),
            None => Ok(self.buffered().cloned().unwrap_or_default()),
        }
    }

    /// The body as a reader, for programs without a runtime. Its errors are `std::io::Error`s that wrap an [`Error`]: those
    /// of [`chunk`](ResponseBody::chunk) and [`Client::block_on`].
    ///
    /// ```no_run
    /// # fn example(s3: slim_s3::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io::BufRead;
    ///
    /// let log = s3.get_object("logs", "today.log").send_blocking()?;
    /// for line in log.body.into_blocking_reader().lines() {
    ///     println!("{}", line?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_blocking_reader(self) -> impl BufRead + Send {
        Reader {
            current: self.buffered().cloned().unwrap_or_default(),
            client: self.client().cloned(),
            body: self,
        }
    }
}

struct Reader {
    body: ResponseBody,
    /// `None` for a buffered body, which is in `current`.
    client: Option<Client>,
    current: Bytes,
}

impl BufRead for Reader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.current.is_empty()
            && let Some(client) = &self.client
        {
            let driver = client.driver().map_err(io::Error::other)?;
            let chunk = driver.wait(self.body.chunk());
            let Some(chunk) = chunk.map_err(io::Error::other)? else {
                break;
            };
            self.current = chunk;
        }
        Ok(&self.current)
    }

    fn consume(&mut self, count: usize) {
        // `advance` panics past the end.
        self.current.advance(count.min(self.current.len()));
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}
