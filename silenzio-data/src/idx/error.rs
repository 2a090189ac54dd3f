//! Problems of IDX files.

/// A problem of an IDX file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdxError {
    /// The file does not begin like an IDX file.
    #[error("is not an IDX file: it must begin with two zero bytes, a type and the number of dimensions")]
    NotIdx,
    /// The elements are of an unknown type.
    #[error(
        "has elements of type 0x{found:02x}, which is not an IDX type (0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e)"
    )]
    ElementType {
        /// The type in the file.
        found: u8,
    },
    /// The file ends within its dimensions.
    #[error("ends after {found} bytes, within its header of {expected}; fetch it again")]
    TruncatedHeader {
        /// The number of bytes of the header.
        expected: usize,
        /// The number of bytes of the file.
        found: usize,
    },
    /// The file ends within its elements.
    #[error(
        "has {found} bytes of elements, but its header {dimensions:?} promises {expected}; fetch it again"
    )]
    Truncated {
        /// The dimensions in the header.
        dimensions: Vec<u32>,
        /// The number of bytes for these dimensions, or the largest integer if it is larger.
        expected: u128,
        /// The number of bytes in the file.
        found: usize,
    },
    /// The file has bytes after its elements.
    #[error(
        "has {found} bytes of elements, more than the {expected} of its header {dimensions:?}; fetch it again"
    )]
    TrailingBytes {
        /// The dimensions in the header.
        dimensions: Vec<u32>,
        /// The number of bytes for these dimensions.
        expected: u128,
        /// The number of bytes in the file.
        found: usize,
    },
    /// A dimension is 0.
    #[error("is an array without elements: its dimensions are {dimensions:?}")]
    NoElements {
        /// The dimensions in the header.
        dimensions: Vec<u32>,
    },
    /// The file that is given as images has only one dimension.
    #[error("has one dimension, like a file of labels, but is given as the file of the images")]
    NotImages,
    /// The file that is given as labels has more than one dimension.
    #[error("has {found} dimensions, but labels have 1; is it the file of the images?")]
    NotLabels {
        /// The number of dimensions.
        found: usize,
    },
    /// The images are larger than is sensible for encrypted training.
    #[error("has {found} pixels per image, but at most {limit} are possible")]
    TooManyPixels {
        /// The number of pixels of an image.
        found: usize,
        /// The largest number of features.
        limit: usize,
    },
    /// The number of labels differs from that of images.
    #[error("has {labels} labels, but there are {images} images; do the two files belong together?")]
    LabelCount {
        /// The number of labels.
        labels: usize,
        /// The number of images.
        images: usize,
    },
}
