//! The interface of other threads to the thread that calls MPI.

use crate::job::{Exchange, Joined, Request, serve};
use silenzio_nn::communicator::{CommunicationError, Communicator};
use std::process;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A rank of an MPI job. Its creation calls `MPI_Init`, its drop `MPI_Finalize`.
pub struct MpiCommunicator {
    rank: usize,
    size: usize,
    requests: Sender<Request>,
    /// The thread that calls MPI; `None` once it has ended.
    thread: Option<JoinHandle<()>>,
}

impl MpiCommunicator {
    /// Joins the job in which this process was started. A process that was started alone is a job of one rank. A rank that
    /// does not respond for `timeout` while another one waits for it counts as lost.
    ///
    /// # Errors
    /// [`CommunicationError::Transport`] if MPI cannot be initialised, or has been initialised before.
    pub fn join(timeout: Duration) -> Result<Self, CommunicationError> {
        let (requests, served) = channel();
        let (joined, told) = channel();
        let thread = thread::Builder::new()
            .name("mpi".into())
            .spawn(move || serve(timeout, &joined, &served))
            .map_err(|error| CommunicationError::Transport(error.to_string()))?;
        let Joined { rank, size } = told.recv().unwrap_or_else(|_| Err(ended()))?;
        Ok(Self { rank, size, requests, thread: Some(thread) })
    }

    /// Ends all processes of the job, this one included, with this exit code.
    pub fn abort(&self, code: i32) -> ! {
        if self.requests.send(Request::Abort(code)).is_ok() {
            // If MPI_Abort works at all, it ends the process within this time.
            thread::sleep(Duration::from_secs(10));
        }
        process::exit(code)
    }

    fn ask(
        &self,
        send: Option<(usize, &[u8])>,
        receive: Option<usize>,
    ) -> Result<Vec<u8>, CommunicationError> {
        let (answer, answered) = channel();
        let send = send.map(|(to, message)| (to, message.to_vec()));
        self.requests.send(Request::Exchange(Exchange { send, receive }, answer)).map_err(|_| ended())?;
        answered.recv().unwrap_or_else(|_| Err(ended()))
    }
}

/// Where the answer to a request goes.
pub(crate) type Answer = Sender<Result<Vec<u8>, CommunicationError>>;

fn ended() -> CommunicationError {
    CommunicationError::Transport("the thread that calls MPI has ended".into())
}

impl Communicator for MpiCommunicator {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), CommunicationError> {
        self.ask(Some((to, message)), None).map(drop)
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, CommunicationError> {
        self.ask(None, Some(from))
    }

    fn exchange(&self, to: usize, message: &[u8], from: usize) -> Result<Vec<u8>, CommunicationError> {
        self.ask(Some((to, message)), Some(from))
    }
}

impl Drop for MpiCommunicator {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Finish);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
