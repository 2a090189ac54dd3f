//! What can be wrong with an IDX file.

/// What can be wrong with an IDX file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdxError {
    /// The file does not begin like an IDX file.
    #[error("is not an IDX file: it has to begin with two zero bytes, a type and a number of dimensions")]
    NotIdx,
    /// The elements are of an unknown type.
    #[error(
        "has elements of type 0x{found:02x}, which no IDX file has: they are 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e"
    )]
    ElementType {
        /// The type in the file.
        found: u8,
    },
    /// The file ends within its dimensions.
    #[error("ends after {found} bytes, within its header of {expected}; fetch it again")]
    TruncatedHeader {
        /// The bytes of the header.
        expected: usize,
        /// The bytes of the file.
        found: usize,
    },
    /// The file ends within its elements.
    #[error(
        "has {found} bytes of elements, but its header {dimensions:?} promises {expected}; fetch it again"
    )]
    Truncated {
        /// The dimensions in the header.
        dimensions: Vec<u32>,
        /// The bytes of that many elements, or the largest number if they are more.
        expected: u128,
        /// The bytes of the file.
        found: usize,
    },
    /// The file goes on after its elements.
    #[error(
        "has {found} bytes of elements, more than the {expected} of its header {dimensions:?}; fetch it again"
    )]
    TrailingBytes {
        /// The dimensions in the header.
        dimensions: Vec<u32>,
        /// The bytes of that many elements.
        expected: u128,
        /// The bytes of the file.
        found: usize,
    },
    /// A dimension is 0.
    #[error("is an array without elements: its dimensions are {dimensions:?}")]
    NoElements {
        /// The dimensions in the header.
        dimensions: Vec<u32>,
    },
    /// The images are not images.
    #[error("has one dimension, like a file of labels, but is named as the file of the images")]
    NotImages,
    /// The labels are not labels.
    #[error("has {found} dimensions, but labels have 1; is it the file of the images?")]
    NotLabels {
        /// The dimensions.
        found: usize,
    },
    /// The images are larger than can be sensible for encrypted training.
    #[error("has {found} pixels per image, but at most {limit} are possible")]
    TooManyPixels {
        /// The pixels of an image.
        found: usize,
        /// The most features.
        limit: usize,
    },
    /// Not one label per image.
    #[error("has {labels} labels, but there are {images} images; do the two files belong together?")]
    LabelCount {
        /// The labels.
        labels: usize,
        /// The images.
        images: usize,
    },
}
